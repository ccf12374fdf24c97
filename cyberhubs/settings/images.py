"""`cyberhubs:images`: what the images are built from."""

import re
from pathlib import Path

from pydantic import Field

from cyberhubs.settings.base import HerePath, Model, Text

SITE_CERTIFICATES = Path("/usr/local/share/ca-certificates")
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----")


class Images(Model):
    """What the images are built from."""

    base: Text = "cyberhubs-base:bookworm"
    """Image that all images start from; a Debian bookworm."""
    site_certificates: tuple[HerePath, ...] = Field(default=(SITE_CERTIFICATES,), strict=False)
    """Certificates of your site's own authorities: PEM files, or folders of .crt and .pem files."""

    def site_certificates_pem(self) -> str:
        """All of them in one text, each once, in an order that does not change."""
        found: dict[str, None] = {}
        for file in self.site_certificate_files():
            for certificate in _CERTIFICATE.findall(file.read_text(errors="replace")):
                found[certificate] = None
        return "".join(f"{certificate}\n" for certificate in sorted(found))

    def site_certificate_files(self) -> list[Path]:
        """Every file that is meant; a path that is not there is left out."""
        files: list[Path] = []
        for path in self.site_certificates:
            inside = sorted(path.rglob("*")) if path.is_dir() else [path]
            files += [
                f for f in inside if f.is_file() and (f == path or f.suffix in (".crt", ".pem"))
            ]
        return files
