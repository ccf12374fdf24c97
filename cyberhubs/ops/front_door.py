"""What an operator asks of the front door: whether visitors get its page and each hub's, its certificate, and
whether the domain points to it."""

import json
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
from cryptography import x509
from docker import DockerClient
from docker.errors import NotFound
from docker.models.containers import Container

from cyberhubs.layout import DataLayout
from cyberhubs.machine import MachineError
from cyberhubs.machine.endpoint import dns_record
from cyberhubs.names import DoorNames, HubNames
from cyberhubs.ops.engine import engine, output_of
from cyberhubs.ops.stack import Stack
from cyberhubs.settings import Settings
from cyberhubs.settings.tls import AcmeTls, ExternalTls, NoTls

TIMEOUT_S = 5
FRONT_PAGE = "front door"
LOG_LINES = 1000
EXPLAINED_LINES = 15
RESTARTS_WITHIN = timedelta(minutes=2)  # the engine waits a minute at most between two starts


def silent(stack: Stack, *, patience_s: float = 0) -> dict[str, str]:
    """ "front door" or name of a hub → what visitors get there in place of its page. Empty if all is well.

    `patience_s`: how long an answer is waited for.
    """
    pages = {FRONT_PAGE: "/"} | {hub.name: f"{hub.prefix}hub/login" for hub in stack.settings.hubs}
    deadline = time.monotonic() + patience_s
    said: set[str] = set()
    while True:
        wrong = _troubles(stack, pages)
        if not wrong or time.monotonic() > deadline:
            return wrong
        for name in wrong.keys() - said:
            print(f"Waiting for {name} to answer: {wrong[name]}")
        said |= wrong.keys()
        time.sleep(1)


def _troubles(stack: Stack, pages: dict[str, str]) -> dict[str, str]:
    settings, address = stack.settings, stack.door_address
    unreached: Exception | None = None
    if address:
        try:
            with _visitor(settings, address) as visitor:
                return _asked(visitor, settings, pages)
        except httpx.TransportError as error:
            if isinstance(settings.tls, AcmeTls) and "[SSL" in str(error):
                # It may wait for the DNS record, which may wait for the address that this update made.
                wrong = _asked_inside(stack, pages)
                if not wrong:
                    print(
                        "Visitors get in when the door has its certificate: `make status` says what it waits for."
                    )
                return wrong
            unreached = error
    if (machine := stack.ssh) is None:
        return {FRONT_PAGE: f"nothing ({unreached})"}
    try:
        with (
            machine.socket_to(settings.tls.port) as socket,
            _visitor(settings, "127.0.0.1", socket) as visitor,
        ):
            wrong = _asked(visitor, settings, pages)
    except (httpx.TransportError, MachineError) as error:
        return {FRONT_PAGE: f"nothing ({error})"}
    if address and not wrong:
        print(
            f"The front door answers on its machine, and not from here ({unreached}): see that port "
            f"{settings.tls.port} of {address} is open to those who are to use it."
        )
    return wrong


def _asked(visitor: httpx.Client, settings: Settings, pages: dict[str, str]) -> dict[str, str]:
    """Raises httpx.TransportError where the door itself does not answer."""
    name = {"sni_hostname": settings.domain} if settings.domain else None
    wrong = {}
    for of, page in pages.items():
        try:
            answer = visitor.get(page, extensions=name)
        except httpx.ReadTimeout:  # it is there, and waits for what is behind it
            wrong[of] = f"nothing within {TIMEOUT_S} s"
        else:
            if answer.is_error:
                wrong[of] = f"{answer.status_code} {answer.reason_phrase}"
    return wrong


def _asked_inside(stack: Stack, pages: dict[str, str]) -> dict[str, str]:
    """In its container, where the door answers without a certificate."""
    with engine(stack.machine) as client:
        try:
            door = client.containers.get(DoorNames(stack.name).container)
        except NotFound:
            return {FRONT_PAGE: "nothing"}
        answers = {of: output_of(door, "door-get", page) for of, page in pages.items()}
    return {of: "no page" for of, answer in answers.items() if answer is None}


def _visitor(settings: Settings, address: str, socket: str | None = None) -> httpx.Client:
    """Comes to the door as a browser does, at an address or by a socket; takes any certificate, of which
    `certificate` tells."""
    url = urlsplit(settings.url)
    scheme = "http" if isinstance(settings.tls, ExternalTls) else url.scheme
    host = f"[{address}]" if ":" in address else address
    return httpx.Client(
        base_url=f"{scheme}://{host}:{settings.tls.port}",
        headers={"Host": url.netloc},
        transport=httpx.HTTPTransport(verify=False, uds=socket),
        timeout=TIMEOUT_S,
    )


def explain(client: DockerClient, stack: Stack, silent: Mapping[str, str]) -> str:
    """What visitors get in place of a page (see `silent`), with the end of the log of what should give it."""
    settings = stack.settings
    hubs = {hub.name: hub for hub in settings.hubs}
    text = []
    for name, answer in silent.items():
        hub = hubs.get(name)
        url = settings.hub_url(hub) if hub else settings.url
        names = (
            HubNames(stack.name, name).container("hub") if hub else DoorNames(stack.name).container
        )
        text.append(f"Visitors of {url} get {answer}. The end of the log of {names}:")
        try:
            log = _end_of_log(client.containers.get(names))
        except NotFound:
            log = "it is not there"
        text += [f"  | {line}" for line in log.splitlines()]
        if hub and "sqlite3.DatabaseError" in log:
            text.append(
                f"Its database is damaged: {DataLayout(settings.host.data_path).hub(name).database}. Put a copy of it "
                "back, or move it away: then members sign in and start their servers anew, and no file is lost."
            )
    return "\n".join(text)


def _end_of_log(container: Container) -> str:
    """Of what ends soon after each start, the lines with which it ended: those of the next start hide why."""
    until = None
    if container.attrs["RestartCount"]:
        started, ended = (
            datetime.fromisoformat(container.attrs["State"][at])
            for at in ("StartedAt", "FinishedAt")
        )
        if datetime.now(UTC) - started < RESTARTS_WITHIN:
            until = ended.timestamp()
    log = container.logs(tail=LOG_LINES, until=until).decode(errors="replace")
    return "\n".join(log.splitlines()[-EXPLAINED_LINES:])


def certificate(stack: Stack, door: Container) -> Iterator[tuple[str, bool]]:
    """How long the certificate lasts, and what stands in the way of a new one; each with whether visitors get in."""
    tls = stack.settings.tls
    if isinstance(tls, NoTls):
        yield "none, on this machine only", True
        return
    if isinstance(tls, ExternalTls):
        yield "of the server before the front door", True
        return
    served = _served(stack)
    if served is None:
        yield "none yet", stack.door_address is None
    else:
        left = served.not_valid_after_utc - datetime.now(UTC)
        issuer = served.issuer.rfc4514_string()
        if left > timedelta(0):
            yield f"{_span(left)} left, by {issuer}", True
        else:
            yield f"expired {_span(-left)} ago, by {issuer}", False
    if isinstance(tls, AcmeTls) and (failure := _last_failure(door)):
        yield f"{tls.directory} gives none, it is asked again: {failure}", True


def dns(stack: Stack) -> str | None:
    """Whether the domain points to the machine, and if not, what to create; None without one."""
    record = dns_record(stack.settings.pointing_domain, stack.address)
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


def _served(stack: Stack) -> x509.Certificate | None:
    """The certificate that visitors of the domain get; asked for at the address, not by name."""
    try:
        with _visit(stack) as door:
            found = door.getpeercert(binary_form=True)
    except OSError:
        return None
    return x509.load_der_x509_certificate(found) if found else None


@contextmanager
def _visit(stack: Stack) -> Iterator[ssl.SSLSocket]:
    """A visitor's connection. Raises OSError."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # looked at, not trusted
    settings = stack.settings
    if (address := stack.door_address) is None:
        raise OSError("nobody but the machine itself sees it")
    with (
        socket.create_connection((address, settings.tls.port), TIMEOUT_S) as connection,
        context.wrap_socket(connection, server_hostname=settings.domain) as tls,
    ):
        yield tls


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
