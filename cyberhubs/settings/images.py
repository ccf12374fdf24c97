"""`cyberhubs:images`: what the images are built from, or where they are pulled."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema, model_validator

from cyberhubs.pins import BASE_IMAGE, CADDY_IMAGE
from cyberhubs.settings.applications import Reference
from cyberhubs.settings.authorities import Authorities, certificates_in
from cyberhubs.settings.base import Model, Text, beside_stack_file

SITE_CERTIFICATES = Path("/usr/local/share/ca-certificates")
MOST_CERTIFICATES = 120_000  # bytes: Linux starts no program with an argument of 128 KiB or more

_OURS = re.compile(r"cyberhubs/[a-z0-9-]+:[0-9a-f]{12}")
_LOCKED = re.compile(r"[\w./:-]+@sha256:[0-9a-f]{64}", re.ASCII)


def _read_lock(value: Any, info: ValidationInfo) -> dict[str, str]:
    path = beside_stack_file(value, info)
    try:
        lock = yaml.safe_load(path.read_text())
    except OSError as error:
        raise ValueError(
            f"cannot read {path}: {error.strerror} — `make publish` writes it, for git to keep"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError):
        lock = None
    if not isinstance(lock, dict) or not all(
        _OURS.fullmatch(str(name)) and _LOCKED.fullmatch(str(image)) for name, image in lock.items()
    ):
        raise ValueError(f"{path} is not as `make publish` has written it — have it written anew")
    return lock


def _day(value: Any) -> str:
    text = str(value).removesuffix(" 00:00:00 +0000 UTC")  # as Pulumi shows a day without quotes
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"{value!r} is not a day — write it as 2027-01-31") from None
    if day > datetime.now(UTC) + timedelta(hours=14):  # it may be that day somewhere
        raise ValueError(f"{text} is yet to come — write today's day, or one that was")
    return text


class Images(Model):
    """What the images are built from, or where they are pulled."""

    base: Text = BASE_IMAGE
    """Image on which all images are built: Debian 13 or 12."""
    caddy: Text = CADDY_IMAGE
    """Image from which the front door's /usr/bin/caddy is copied."""
    held: dict[str, Reference] = Field(default={})
    """Applications that stay at an image which the machine has, by its id or its name there, and are neither built nor pulled:
    `make rollback` writes it."""
    lock: Annotated[
        dict[str, str], BeforeValidator(_read_lock), WithJsonSchema({"type": "string"})
    ] = Field(default={})
    """File that `make publish` has written, from the stack file's folder. What it has is pulled; what differs is built."""
    prune_at: int = Field(default=85, ge=1, le=100)
    """Percent of the disk of the machine's images, of bytes or inodes, from which images that nothing needs are removed at
    once, not after a week."""
    refreshed: Annotated[
        str, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})
    ] = Field(default="")
    """Day of which the updates of Debian are to be in what is built, such as 2027-01-31: with another day, all images are
    built anew with those of then. `make upgrade-check` says when there are any."""
    site_certificates: tuple[Authorities, ...] = Field(default=(SITE_CERTIFICATES,), strict=False)
    """Certificates of your site's own authorities, which the images trust: PEM files, or folders of .crt
    and .pem files. Left out: those of the control machine, if it has any."""

    @model_validator(mode="after")
    def _few_certificates(self) -> Self:
        size = len(self.site_certificates_pem())
        if size > MOST_CERTIFICATES:
            folders = " and ".join(map(str, self.site_certificates))
            raise ValueError(
                f"the certificates in {folders} are {size // 1000} KB, more than the {MOST_CERTIFICATES // 1000} KB that a build "
                "takes — name in siteCertificates those of your site's own authorities alone: the public ones are trusted anyway"
            )
        return self

    def site_certificates_pem(self) -> str:
        """All of them in one text, each once, in an order that does not change."""
        found = {
            certificate
            for path in self.site_certificates
            if path.exists()
            for certificate in certificates_in(path)
        }
        return "".join(f"{certificate}\n" for certificate in sorted(found))
