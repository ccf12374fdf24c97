"""What the front door is told: its Caddyfile. All else it serves is in images/front-door."""

from cyberhubs.settings.tls import AcmeTls, FileTls, InternalTls, NoTls, Tls

# Inside the door's container.
LIVE_DIR = "/srv/door/live"
STATE_DIR = "/srv/door/state"
RUN_DIR = "/run/door"

AUTHORITY = f"{LIVE_DIR}/acme-ca.pem"
ROOT_CERTIFICATE = f"{STATE_DIR}/caddy/pki/authorities/local/root.crt"
"""Of the authority of tls.mode internal."""

YEAR_S = 365 * 24 * 3600


def caddyfile(tls: Tls, domain: str | None, url: str, certificate: str | None = None) -> str:
    """`url`: the front page's. `certificate`: name in live/certificates of a file that holds
    certificate and key, for tls.mode files."""
    options = [f"admin unix/{RUN_DIR}/admin.sock", "persist_config off"]
    if isinstance(tls, NoTls):
        options += ["auto_https off"]
        sites = [_block(f"http://:{tls.port}", "import front")]
    else:
        options += [
            f"http_port {tls.http_port}",
            f"https_port {tls.port}",
            "auto_https disable_redirects",  # ours name the port
            *_authority(tls),
            "servers {\n\t\tprotocols h1 h2\n\t}",  # h3 would be one more port
        ]
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
                "import front",
            ),
            _block(f"http://:{tls.http_port}", f"redir {url.removesuffix('/')}{{uri}} 308"),
        ]
    return "\n".join([_block("", *options), "import /srv/door/front.caddyfile\n", *sites])


def _authority(tls: Tls) -> list[str]:
    if isinstance(tls, InternalTls):
        return ["skip_install_trust"]
    if not isinstance(tls, AcmeTls):
        return []
    root = [f"acme_ca_root {AUTHORITY}"] if tls.ca else []
    return [f"email {tls.email}", f"acme_ca {tls.directory}", *root]


def _block(address: str, *lines: str) -> str:
    body = "".join(f"\t{line}\n" for line in lines)
    return f"{address} {{\n{body}}}\n".lstrip()
