"""`cyberhubs:images`: what the images are built from."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from cyberhubs.settings.base import HerePath, Model, Text

SITE_CERTIFICATES = Path("/usr/local/share/ca-certificates")
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----")


def _certificates(path: Path) -> list[str]:
    files = [file for file in path.rglob("*") if file.suffix in (".crt", ".pem")]
    return [
        certificate
        for file in (files if path.is_dir() else [path])
        for certificate in _CERTIFICATE.findall(file.read_text(errors="replace"))
    ]


def _readable(path: Path) -> Path:
    try:
        found = _certificates(path)
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror} — mend the path") from None
    if not found:
        raise ValueError(f"{path} holds no certificate in PEM form — name one that does")
    return path


class Images(Model):
    """What the images are built from."""

    base: Text = "cyberhubs-base:bookworm"
    """Image that all images start from; a Debian bookworm."""
    site_certificates: tuple[Annotated[HerePath, AfterValidator(_readable)], ...] = Field(
        default=(SITE_CERTIFICATES,), strict=False
    )
    """Certificates of your site's own authorities that the images trust: PEM files, or folders of
    .crt and .pem files. Left out: those of this machine, if it has any."""

    def site_certificates_pem(self) -> str:
        """All of them in one text, each once, in an order that does not change."""
        found = {
            certificate
            for path in self.site_certificates
            if path.exists()
            for certificate in _certificates(path)
        }
        return "".join(f"{certificate}\n" for certificate in sorted(found))
