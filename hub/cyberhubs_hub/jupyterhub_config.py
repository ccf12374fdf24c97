"""JupyterHub's configuration: hub.json and the mounted files, turned into its settings."""

import hashlib
import os
import secrets
import sys
from pathlib import Path
from typing import Any

from cyberhubs_hub import admins, database, database_bounds, metrics, pruner, upstream
from cyberhubs_hub.audit import Audit
from cyberhubs_hub.authenticator import AccessMixin, PasswordAuthenticator
from cyberhubs_hub.container_options import container_options, host_options
from cyberhubs_hub.data_spaces import Spaces, parse_record
from cyberhubs_hub.first_page import FirstPages
from cyberhubs_hub.github import GithubAuthenticator
from cyberhubs_hub.live import LiveFile
from cyberhubs_hub.menu import parse_menu, read_form
from cyberhubs_hub.own_networks import answer_own_networks
from cyberhubs_hub.owners import Owners
from cyberhubs_hub.passes import Passes, PassHandler
from cyberhubs_hub.prometheus import PrometheusHandler
from cyberhubs_hub.shared import config
from cyberhubs_hub.shared.access_rules import (
    LOAD_SERVICE,
    LOAD_USERS,
    SMOKE_SERVICE,
    SMOKE_USER,
    AccessLists,
)
from cyberhubs_hub.shared.config import HubConfig
from cyberhubs_hub.spawner import HubSpawner
from cyberhubs_hub.why_ended import KilledHandler

c = get_config()  # noqa: F821  # pyright: ignore[reportUndefinedVariable]

here = Path(__file__).parent
secret = Path(config.SECRETS_DIR)
state = Path(config.STATE_DIR)
live = Path(config.LIVE_DIR)
hub = HubConfig.from_json(Path(config.CONFIG_DIR, "hub.json").read_text())

# The hub and its neighbours. Proxy and servers outlive it: a hub that stops, is killed or is
# replaced leaves them alone, and the next one finds them.
c.JupyterHub.bind_url = f"http://0.0.0.0:8000{hub.prefix}"
c.JupyterHub.hub_bind_url = f"http://0.0.0.0:{config.HUB_PORT}"
c.JupyterHub.hub_connect_url = config.HUB_URL
c.JupyterHub.cleanup_proxy = False
c.JupyterHub.cleanup_servers = False
c.JupyterHub.last_activity_interval = 5  # also how soon a restarted proxy has its routes back
c.JupyterHub.init_spawners_timeout = 1  # a server in the middle of its start waits for the hub
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = config.PROXY_API_URL
c.ConfigurableHTTPProxy.auth_token = (secret / "proxy_token").read_text().strip()

upstream.define_token_authenticated()
upstream.resolve_with_getaddrinfo()
upstream.end_pending()
upstream.limit_request_bodies(2**20)  # no form or call needs more
answer_own_networks()
pruner.begin(hub.prune_at)

# What it keeps.
c.JupyterHub.db_url = f"sqlite:///{state / 'jupyterhub.sqlite'}"
database.keep_room(state / "jupyterhub.sqlite")
c.JupyterHub.upgrade_db = True  # copies the file first
database_bounds.bound_texts()
c.JupyterHub.cookie_secret_file = str(secret / "cookie_secret")
c.CryptKeeper.keys = [(secret / "crypt_key").read_text().strip()]

# Who may log in. Refreshing asks the live lists, which costs next to nothing.
if hub.login.github:
    c.JupyterHub.authenticator_class = GithubAuthenticator
    GithubAuthenticator.secret_file = secret / "client_secret"
    GithubAuthenticator.owners = Owners(Path(config.USERS_DIR))
    GithubAuthenticator.unproved_file = Path(config.UNPROVED_FILE)
    c.GithubAuthenticator.github_url = hub.login.github.url
    c.GithubAuthenticator.github_api = hub.login.github.api
    c.GithubAuthenticator.client_id = hub.login.github.client_id
    c.GithubAuthenticator.oauth_callback_url = hub.login.github.callback
    c.Authenticator.enable_auth_state = True
else:
    c.JupyterHub.authenticator_class = PasswordAuthenticator
    PasswordAuthenticator.password_file = secret / "password"
AccessMixin.lists = LiveFile(live / "access", AccessLists.from_text, copy=state / "access")
AccessMixin.audit = Audit(Path(config.AUDIT_FILE))
c.Authenticator.allow_existing_users = False
c.Authenticator.any_allow_config = True  # JupyterHub warns of no list of its own otherwise
c.Authenticator.auth_refresh_age = 30
c.Authenticator.auth_refresh_strict = True
c.Authenticator.refresh_pre_spawn = True
c.Authenticator.manage_groups = True  # that of the admins

# Whom the front door lets through.
PassHandler.passes = Passes(Path(config.PASSES_DIR))
c.JupyterHub.extra_handlers = [
    (r"/pass/user/([^/]+)(/.*)?", PassHandler),
    (r"/killed", KilledHandler),
    *([(r"/prometheus(?:/.*)?", PrometheusHandler)] if hub.prometheus else []),
]

# What is started for them.
HubSpawner.hub_config = hub
HubSpawner.menu = LiveFile(live / "applications.json", parse_menu)
HubSpawner.first_pages = FirstPages(Path(config.FIRST_PAGE_DIR))
HubSpawner.spaces = Spaces(hub, LiveFile(live / "spaces", parse_record))
c.JupyterHub.spawner_class = HubSpawner
c.JupyterHub.concurrent_spawn_limit = 0  # HubSpawner's queue lets people wait, this refuses them
c.JupyterHub.tornado_settings = {
    "slow_spawn_timeout": 0.1,  # then the page shows progress, and loads what it can meanwhile
    "log_function": admins.audited(AccessMixin.audit),
}
c.HubSpawner.start_timeout = 24 * 3600  # includes the queue; HubSpawner limits the start itself
c.HubSpawner.http_timeout = 600  # only for a new hub and the servers it finds: busy is not dead
c.HubSpawner.allowed_images = HubSpawner.allowed_menu
c.HubSpawner.options_form = HubSpawner.form
c.HubSpawner.options_from_form = read_form
c.HubSpawner.apply_user_options = HubSpawner.choose
c.HubSpawner.poll_interval = 10  # beside Docker's events
c.HubSpawner.pull_policy = "never"
c.HubSpawner.remove = True
c.HubSpawner.network_name = hub.network
c.HubSpawner.use_internal_ip = True
c.HubSpawner.prefix = hub.container_prefix
c.HubSpawner.name_template = "{prefix}{username}"
c.HubSpawner.client_kwargs = {"timeout": 120}
c.HubSpawner.cmd = ["jupyterhub-singleuser"]  # where the image's label names no other
# How long a server caches the hub's answers, and so a revoked token still works.
cached = f"--HubOAuth.cache_max_age={c.Authenticator.auth_refresh_age}"
c.HubSpawner.args = [cached]
by_proxy = {name: os.environ[name] for name in config.PROXY_VARIABLES if name in os.environ}
c.HubSpawner.environment = by_proxy
c.HubSpawner.mem_limit = hub.limits.memory_bytes
c.HubSpawner.cpu_limit = hub.limits.cpus
c.HubSpawner.extra_host_config = host_options(hub)
c.HubSpawner.extra_create_kwargs = container_options(hub)

# Its own pages and services.
c.JupyterHub.template_paths = [str(here / "templates")]
c.JupyterHub.template_vars = {
    "hub_title": hub.title,
    "hub_contact": hub.contact,
    "prometheus": hub.prometheus,
}
c.JupyterHub.logo_file = str(
    Path(config.CONFIG_DIR, hub.logo) if hub.logo else here / "static" / "logo.svg"
)


def token_in(name: str) -> str:
    """A new one, kept for what runs by `docker exec`."""
    token, path = secrets.token_hex(32), Path(config.RUN_DIR, name)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(token)
    return token


services: list[dict[str, Any]] = [
    {"name": SMOKE_SERVICE, "api_token": token_in("smoke_token")},
    {"name": LOAD_SERVICE, "api_token": token_in("load_token")},
    {"name": "rename", "api_token": token_in("rename_token")},
    {
        "name": "remove",
        "command": [sys.executable, "-m", "cyberhubs_hub.enforcer"],
        "environment": by_proxy,
    },
]
roles = [
    *admins.ROLES,
    # One for each scope, as what is stored of a role has a bound.
    *(
        {
            "name": f"{service}-{scope.replace(':', '-')}",
            "services": [service],
            "scopes": [f"{scope}!user={user}" for user in users],
        }
        for service, users in ((SMOKE_SERVICE, (SMOKE_USER,)), (LOAD_SERVICE, LOAD_USERS))
        for scope in ("admin:users", "servers", "read:servers", "access:servers")
    ),
    {"name": "load-metrics", "services": [LOAD_SERVICE], "scopes": ["read:metrics"]},
    {
        "name": "rename",
        "services": ["rename"],
        "scopes": ["read:users:name", "read:servers", "delete:servers", "delete:users"],
    },
    {
        "name": "remove",
        "services": ["remove"],
        "scopes": [
            "list:users",
            "read:users:name",
            "read:servers",
            "delete:servers",
            "delete:users",
            "admin:auth_state",  # with the token that asks for memberships
        ],
    },
]
if hub.idle_timeout_s:
    culler = [
        sys.executable,
        "-m",
        "jupyterhub_idle_culler",
        f"--config={here / 'idle_culler_config.py'}",
    ]
    services.append({"name": "cull", "command": culler})
    roles.append(
        {
            "name": "cull",
            "services": ["cull"],
            "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        }
    )
if hub.metrics:
    metrics.begin(hub)
    token = Path(config.METRICS_TOKEN).read_text().strip()
    # JupyterHub forgets the tokens of a service with the service alone.
    scraper = f"metrics-{hashlib.sha256(token.encode()).hexdigest()[:8]}"
    services.append({"name": scraper, "api_token": token})
    roles.append({"name": "metrics", "services": [scraper], "scopes": ["read:metrics"]})
c.JupyterHub.services = services
c.JupyterHub.load_roles = roles
