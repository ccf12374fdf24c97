"""`cyberhubs:images`: what the images are built from."""

from pathlib import Path

from pydantic import Field

from cyberhubs.pins import BASE_IMAGE, CADDY_IMAGE
from cyberhubs.settings.authorities import Authorities, certificates_in
from cyberhubs.settings.base import Model, Text

SITE_CERTIFICATES = Path("/usr/local/share/ca-certificates")


class Images(Model):
    """What the images are built from."""

    base: Text = BASE_IMAGE
    """Image on which all images are built: Debian 13 or 12."""
    caddy: Text = CADDY_IMAGE
    """Image from which the front door's /usr/bin/caddy is copied."""
    site_certificates: tuple[Authorities, ...] = Field(default=(SITE_CERTIFICATES,), strict=False)
    """Certificates of your site's own authorities, which the images trust: PEM files, or folders of .crt
    and .pem files. Left out: those of the control machine, if it has any."""

    def site_certificates_pem(self) -> str:
        """All of them in one text, each once, in an order that does not change."""
        found = {
            certificate
            for path in self.site_certificates
            if path.exists()
            for certificate in certificates_in(path)
        }
        return "".join(f"{certificate}\n" for certificate in sorted(found))
