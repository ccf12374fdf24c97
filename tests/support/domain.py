"""A domain that is this machine."""

import ssl

from cryptography import x509

from tests.support.deployment import Deployment

DOMAIN = "hub.example.org"


def served(deployment: Deployment) -> x509.Certificate:
    """The certificate that visitors of the domain get."""
    pem = ssl.get_server_certificate((DOMAIN, deployment.port), timeout=10)
    return x509.load_pem_x509_certificate(pem.encode())
