"""What the front door is told: its Caddyfile. All else it serves is in images/front-door."""

from collections.abc import Sequence

from cyberhubs_hub.shared.config import PORTS

from cyberhubs.settings.metrics import CERTIFICATE_PATH, DOOR_PATH
from cyberhubs.settings.tls import AcmeTls, ExternalTls, FileTls, InternalTls, NoTls, Tls
from cyberhubs.settings.visitors import Visitors

# Inside the door's container.
LIVE_DIR = "/srv/door/live"
STATE_DIR = "/srv/door/state"
RUN_DIR = "/run/door"

AUTHORITY = f"{LIVE_DIR}/acme-ca.pem"
ROOT_CERTIFICATE = f"{STATE_DIR}/caddy/pki/authorities/local/root.crt"
"""Of the authority of tls.mode internal."""

YEAR_S = 365 * 24 * 3600

HEADERS = "16KiB"  # as much as a hub's proxy takes
IDLE_S = 60  # of a connection between two requests
MEMBERS_S = 600  # of a pause in what a member sends
SLOWEST = 1000  # bytes in a second of a visitor's body, after the first seconds
# JupyterHub and its servers leave it out for this one cookie.
SECURE = 'header >Set-Cookie "^(_xsrf=.*)$" "$1; Secure"'


def caddyfile(
    tls: Tls,
    domain: str | None,
    url: str,
    visitors: Visitors,
    *,
    only_from: Sequence[str] = (),
    certificate: str | None = None,
    metrics: bool = False,
    prometheus: bool = False,
) -> str:
    """`url`: the front page's. `only_from`: networks whose connections alone are answered; none: all.
    `certificate`: name in live/certificates of a file that holds certificate and key, for tls.mode files.
    `metrics`: whether the door counts, and tells it to who shows the token. `prometheus`: also on a port of its
    containers' network, see `figures_port`.
    """
    believed = " ".join(only_from) if isinstance(tls, ExternalTls) else ""
    options = [
        f"admin unix/{RUN_DIR}/admin.sock",
        "persist_config off",
        "order abort first",
        *(["metrics"] if metrics else []),
        # Else each look at the front page, which includes answers of the door itself, would warn that these have no full
        # duplex. That logger says little else; the one of errors is below it.
        _inner("log default", "exclude http.log"),
        _inner("log errors", "include http.log.error"),
        _inner(
            "servers",
            "protocols h1 h2",  # h3 would be one more port
            f"max_header_size {HEADERS}",
            # An answer does not wait for the rest of a body that nobody reads, and no connection for longer than this.
            "enable_full_duplex",
            _inner(
                "timeouts",
                f"read_header {visitors.seconds}s",
                f"read_body_idle {visitors.seconds}s {SLOWEST}",
                f"idle {IDLE_S}s",
                depth=2,
            ),
            # Strict: a visitor may have sent addresses, too, and servers add theirs at the end.
            *([f"trusted_proxies static {believed}", "trusted_proxies_strict"] if believed else []),
        ),
    ]
    guards: list[str] = []
    if only_from:
        # Docker opens the ports of a container to whoever has a route to it, wherever they are published.
        # From 127.0.0.1 comes what its own page includes.
        known = " ".join([*only_from, "127.0.0.1"])
        guards = [f"@elsewhere not remote_ip {known}", "abort @elsewhere"]
    scrapers = _to_scrapers("scraper", DOOR_PATH, "metrics") if metrics else []
    about_certificate: list[str] = []
    serve = [*guards, *scrapers, "import front"]
    if isinstance(tls, NoTls | ExternalTls):
        options += ["auto_https off"]
        if isinstance(tls, ExternalTls):
            plain = ("@plain header X-Forwarded-Proto http", f"redir @plain {url[:-1]}{{uri}} 308")
            serve = [*plain, SECURE, "request_header X-Forwarded-Proto https", *serve]
        sites = [_block(f"http://:{tls.port}", *serve)]
    else:
        options += [
            f"http_port {tls.http_port}",
            f"https_port {tls.port}",
            "auto_https disable_redirects",  # ours name the port
            *_authority(tls),
        ]
        if metrics:
            about_certificate = _to_scrapers("certificate", CERTIFICATE_PATH, _NOTED)
        source = {
            AcmeTls: [],
            InternalTls: ["tls internal"],
            FileTls: [f"tls {' '.join([f'{LIVE_DIR}/certificates/{certificate}'] * 2)}"],
        }[type(tls)]
        sites = [
            _block(
                f"https://{domain}:{tls.port}",
                *source,
                f"header Strict-Transport-Security max-age={YEAR_S}",
                SECURE,
                *about_certificate,
                *serve,
            ),
            _block(f"http://:{tls.http_port}", *guards, f"redir {url[:-1]}{{uri}} 308"),
        ]
    if prometheus:
        others = _inner("handle", "abort")
        sites += [_block(f"http://:{figures_port(tls)}", *scrapers, *about_certificate, others)]
    front = "import /srv/door/front.caddyfile\n"
    return "\n".join([_block("", *options), *_of_visitors(visitors), front, *sites])


def figures_port(tls: Tls) -> int:
    """Where the stack's own Prometheus reads the door's figures: no visitor comes to this port, so that what keeps
    them out does not keep out a container."""
    return next(port for port in reversed(PORTS) if port not in tls.ports)


# By door-health, in the container.
_NOTED = f'respond "{{file.{RUN_DIR}/certificate}}"'


def _to_scrapers(name: str, path: str, tell: str) -> list[str]:
    """Figures; for everybody else that page is not there. The token is read again with each request."""
    token = f'header Authorization "Bearer {{file.{LIVE_DIR}/metrics_token}}"'
    return [
        _inner(f"@{name}", f"path {path}", token),
        _inner(f"handle @{name}", tell),
    ]


def _of_visitors(visitors: Visitors) -> list[str]:
    """Limits that front.caddyfile puts where it does not know who asks: of a request, and of the
    way to a hub."""
    seconds, body = f"{visitors.seconds}s", f"{visitors.body_kb}KiB"
    return [
        _block(
            "(visitor_request)",
            _inner("request_body", f"max_size {body}"),
            _inner("timeouts", f"read_timeout {seconds} {SLOWEST}", f"write_timeout {seconds}"),
        ),
        _block("(member_request)", _inner("timeouts", f"read_timeout {MEMBERS_S}s")),
        # A body is read before anything is asked of the hub, which so waits for nobody.
        _block("(visitor_proxy)", f"request_buffers {body}"),
        _block("(visitor_transport)", f"max_conns_per_host {visitors.requests}"),
    ]


def _authority(tls: Tls) -> list[str]:
    if isinstance(tls, InternalTls):
        return ["skip_install_trust"]
    if not isinstance(tls, AcmeTls):
        return []
    root = [f"acme_ca_root {AUTHORITY}"] if tls.ca else []
    return [f"email {tls.email}", f"acme_ca {tls.directory}", *root]


def _block(address: str, *lines: str) -> str:
    return f"{_inner(address, *lines, depth=0)}\n".lstrip()


def _inner(name: str, *lines: str, depth: int = 1) -> str:
    """A block as a line of one that is indented `depth` times less one."""
    indent = "\t" * depth
    body = "".join(f"{indent}\t{line}\n" for line in lines)
    return f"{name} {{\n{body}{indent}}}"
