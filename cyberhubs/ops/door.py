"""What an operator asks of the front door: whether it answers, its certificate, and whether the
domain points to it."""

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from cryptography import x509
from docker.models.containers import Container

from cyberhubs.machine import Machine, MachineError
from cyberhubs.machine.scripts import script
from cyberhubs.settings import Settings
from cyberhubs.settings.host import LocalHost
from cyberhubs.settings.rules import ANYWHERE
from cyberhubs.settings.tls import AcmeTls, NoTls

TIMEOUT_S = 5
LOG_LINES = 1000


def answers(settings: Settings, machine: Machine) -> bool:
    """Whether the door answers where visitors come in, which what it says of itself does not tell."""
    try:
        if _address(settings) is None or isinstance(settings.tls, NoTls):
            return machine.run(script("ask", settings.tls.ports[-1])).startswith("HTTP/")
        with _visit(settings) as door:
            door.sendall(b"GET /_health HTTP/1.0\r\n\r\n")
            return door.recv(5) == b"HTTP/"
    except (OSError, MachineError):
        return False


def certificate(settings: Settings, door: Container) -> Iterator[str]:
    """How long the certificate lasts, and what stands in the way of a new one."""
    if isinstance(settings.tls, NoTls):
        yield "none, on this machine only"
        return
    served = _served(settings)
    if served is None:
        yield "none yet"
    else:
        left = served.not_valid_after_utc - datetime.now(UTC)
        issuer = served.issuer.rfc4514_string()
        yield f"{_span(left)} left, by {issuer}"
    if isinstance(settings.tls, AcmeTls) and (failure := _last_failure(door)):
        yield f"{settings.tls.directory} gives none, it is asked again: {failure}"


def dns(settings: Settings) -> str | None:
    """Whether the domain points to the machine, and if not, what to create; None without one."""
    record = settings.dns
    if record is None:
        return None
    create = f"create the record {record.name}. {record.type} {record.value}"
    try:
        answers = socket.getaddrinfo(record.name, None, proto=socket.IPPROTO_TCP)
    except socket.gaierror:
        return f"{record.name} is not known: {create}"
    found = {str(answer[4][0]) for answer in answers}
    wanted = {record.value}
    if record.type == "CNAME":
        with suppress(socket.gaierror):
            known = socket.getaddrinfo(record.value, None, proto=socket.IPPROTO_TCP)
            wanted = {str(answer[4][0]) for answer in known}
    if found & wanted:
        return f"{record.name} points to {record.value}, as it should"
    return f"{record.name} points to {', '.join(sorted(found))}: {create}"


def _served(settings: Settings) -> x509.Certificate | None:
    """The certificate that visitors of the domain get; asked for at the address, not by name."""
    try:
        with _visit(settings) as door:
            found = door.getpeercert(binary_form=True)
    except OSError:
        return None
    return x509.load_der_x509_certificate(found) if found else None


@contextmanager
def _visit(settings: Settings) -> Iterator[ssl.SSLSocket]:
    """A visitor's connection. Raises OSError."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # looked at, not trusted
    if (address := _address(settings)) is None:
        raise OSError("nobody but the machine itself sees it")
    with (
        socket.create_connection((address, settings.tls.port), TIMEOUT_S) as connection,
        context.wrap_socket(connection, server_hostname=settings.domain) as tls,
    ):
        yield tls


def _address(settings: Settings) -> str | None:
    """Where the door is, seen from here; None where nobody but its machine sees it."""
    address = settings.tls.listen
    if not isinstance(settings.host, LocalHost):
        return None if settings.on_loopback else settings.address
    return "127.0.0.1" if address in ANYWHERE else address


def _span(left: timedelta) -> str:
    minutes = left.total_seconds() / 60
    if minutes >= 2 * 24 * 60:
        return f"{left.days} days"
    return f"{minutes / 60:.0f} hours" if minutes >= 2 * 60 else f"{minutes:.0f} minutes"


def _last_failure(door: Container) -> str | None:
    """Why the authority gave no certificate, if nothing better has happened since."""
    failure = None
    for line in door.logs(tail=LOG_LINES).decode(errors="replace").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if not str(entry.get("logger", "")).startswith("tls."):
            continue
        if entry.get("level") == "error" and "error" in entry:
            failure = entry["error"]
        elif "successfully" in entry.get("msg", ""):
            failure = None
    return failure
