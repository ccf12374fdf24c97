"""Certificates of authorities, in PEM files."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from cyberhubs.settings.base import ControlPath

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----")


def certificates_in(path: Path) -> list[str]:
    """The certificates of a PEM file, or of all .crt and .pem files of a folder, as texts."""
    files = [file for file in path.rglob("*") if file.suffix in (".crt", ".pem")]
    return [
        certificate
        for file in (files if path.is_dir() else [path])
        for certificate in _CERTIFICATE.findall(file.read_text(errors="replace"))
    ]


def _readable(path: Path) -> Path:
    try:
        found = certificates_in(path)
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror} — fix the path") from None
    if not found:
        raise ValueError(f"{path} holds no certificate in PEM form — name one that does")
    return path


Authorities = Annotated[ControlPath, AfterValidator(_readable)]
"""A PEM file, or a folder of .crt and .pem files, with at least one certificate."""
