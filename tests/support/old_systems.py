"""Checkouts of the systems that people come from, as their files are shaped there."""

from collections.abc import Mapping
from pathlib import Path

SECRET = "0123456789abcdef-very-secret"

Files = Mapping[str, str | bytes]


def written(folder: Path, files: Files) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


_COMPOSE = """\
version: "2"
services:
  multiuser:
    image: cyberhubs/multiuser:latest
    container_name: ${DOCKER_MACHINE_NAME}
    volumes:
      - "/var/run/docker.sock:/var/run/docker.sock:rw"
      - "./access:/srv/jupyterhub/access:ro"
      - "./jupyterhub_config.py:/srv/jupyterhub/jupyterhub_config.py:ro"
      - "/mnt/jupyterhub_users:/jupyterhub_users:rw"
    ports: ["443:443"]
    environment:
      DOCKER_NETWORK_NAME: ${DOCKER_NETWORK_NAME}
      JUPYTER_HUB_AUTH_CL: ${JUPYTER_HUB_AUTH_CL}
      JUPYTER_HUB_AUTH_UR: ${JUPYTER_HUB_AUTH_UR}
      JUPYTER_HUB_CLNT_ID: ${JUPYTER_HUB_CLNT_ID}
      JUPYTER_HUB_CLNT_SE: ${JUPYTER_HUB_CLNT_SE}
      JUPYTER_HUB_ADMN_NM: ${JUPYTER_HUB_ADMN_NM}
      JUPYTER_HUB_WHT_LST: ${JUPYTER_HUB_WHT_LST}
      JUPYTER_HUB_RO_PATH: ${JUPYTER_HUB_RO_PATH}
      JUPYTER_HUB_VL_PATH: ${JUPYTER_HUB_VL_PATH}
      JUPYTER_SGLEUSR_IMG: ${JUPYTER_SGLEUSR_IMG}
      JUPYTER_USERGROUPID: ${JUPYTER_USERGROUPID}
"""
_CONFIG = '''\
import os
config = get_config()

class OurAuthenticator:
    def check(self, name):
        return name in open("/srv/jupyterhub/access/wlist").read()

config.JupyterHub.authenticator_class = globals()[os.environ["JUPYTER_HUB_AUTH_CL"]]
config.GitHubOAuthenticator.client_secret = os.environ["JUPYTER_HUB_CLNT_SE"]
config.Authenticator.admin_users = set(os.environ["JUPYTER_HUB_ADMN_NM"].split(","))
if os.environ["JUPYTER_HUB_WHT_LST"] != "":
    config.Authenticator.whitelist = set(os.environ["JUPYTER_HUB_WHT_LST"].split(","))

FORM = """
<select name="nbtype"><option value="labhub">Lab</option><option value="notebook">Notebook</option></select>
<select name="imgSelect"><option value="cyberhubs/corehub">Core</option>
<option value="cyberhubs/starhub">Stars</option></select>
"""

def workdir(spawner):
    os.mkdir(spawner.user.name)

config.Spawner.pre_spawn_hook = workdir
config.DockerSpawner.read_only_volumes = {
    os.environ["JUPYTER_HUB_RO_PATH"].split(":")[0]: os.environ["JUPYTER_HUB_RO_PATH"].split(":")[1],
    "/srv/jupyter_config": "/jupyterhub_config",
}
config.DockerSpawner.volumes = {
    "/mnt/jupyterhub_users/{username}": "/home/user/{username}_config",
    os.environ["JUPYTER_HUB_VL_PATH"].split(":")[0]: os.environ["JUPYTER_HUB_VL_PATH"].split(":")[1],
}
config.DockerSpawner.remove_containers = True
config.JupyterHub.port = 443
'''


def _script(hub: str = "", path: str = "") -> str:
    return f"""\
export JUPYTER_HUB_AUTH_CL='AstroAuthenticator'
export JUPYTER_HUB_AUTH_UR='https://stars.example.org/{path}hub/oauth_callback' # the one at GitHub
export JUPYTER_HUB_CLNT_ID='Ov23oldhub{hub}'
export JUPYTER_HUB_CLNT_SE='{SECRET}' # don't tell
export JUPYTER_HUB_ADMN_NM='Ada'
# export JUPYTER_HUB_WHT_LST='nobody'
export JUPYTER_HUB_WHT_LST='hedy'
export JUPYTER_HUB_RO_PATH='/mnt/data:/data'   # read-only
export JUPYTER_HUB_VL_PATH='/mnt/user:/user'
export JUPYTER_SGLEUSR_IMG='cyberhubs/corehub:latest'
export JUPYTER_USERGROUPID='user=41601:416'
"""


_ENV = "DOCKER_MACHINE_NAME=multiuser\n# the network\nDOCKER_NETWORK_NAME=jupyterhub-network\n"
OLD_CYBERHUBS: Files = {
    "scripts/jupyterhub-config-script.sh": _script(),
    "multiuser/.env": _ENV,
    "multiuser/docker-compose.yml": _COMPOSE,
    "multiuser/jupyterhub_config.py": _CONFIG,
    "multiuser/access/wlist": "Grace\nkatherine\n",
    "multiuser/access/blist": "mallory\n",
    "multihub/multiuser_HUBNAME/docker-compose.yml": _COMPOSE,
}
SEVERAL_HUBS: Files = {
    **{
        name.replace("multiuser/", f"multihub/multiuser_{hub}/"): text
        for hub in ("PPMstar", "mesa")
        for name, text in OLD_CYBERHUBS.items()
        if name.startswith("multiuser/")
    },
    "multihub/multiuser_PPMstar/scripts/jupyterhub-config-script.sh": _script("1", "PPMstar/"),
    "multihub/multiuser_mesa/scripts/jupyterhub-config-script.sh": _script("2", "mesa/"),
    "multihub/multiuser_mesa/access/wlist": "dorothy\n",
    "multihub/backup_multiuser_gone/docker-compose.yml": _COMPOSE,
}

TLJH: Files = {
    "config/config.yaml": f"""\
users:
  admin: [ada]
  allowed:
  - grace
  - 0123
  - katherine.j@example.org
  banned: [mallory]
  extra_user_groups:
    students: [grace]
limits:
  memory: 4G
  cpu: 2
https:
  enabled: true
  letsencrypt:
    email: ops@stars.example.org
    domains: [stars.example.org, www.stars.example.org]
auth:
  type: oauthenticator.github.GitHubOAuthenticator
  GitHubOAuthenticator:
    client_id: Ov23tljh
    client_secret: {SECRET}
    oauth_callback_url: https://stars.example.org/hub/oauth_callback
    allowed_organizations: [my-org]
user_environment:
  default_app: classic
services:
  cull:
    timeout: 3600
    max_age: 86400
""",
    "config/jupyterhub_config.d/shared.py": f"""\
c.SystemdSpawner.environment = {{"TOKEN": "{SECRET}"}}
c.JupyterHub.admin_access = True
""",
}

_DOCKER_CONFIG = """\
import os

c = get_config()  # noqa: F821
c.JupyterHub.spawner_class = "dockerspawner.DockerSpawner"
c.DockerSpawner.image = os.environ["DOCKER_NOTEBOOK_IMAGE"]
c.DockerSpawner.network_name = os.environ["DOCKER_NETWORK_NAME"]
notebook_dir = os.environ.get("DOCKER_NOTEBOOK_DIR", "/home/jovyan/work")
c.DockerSpawner.notebook_dir = notebook_dir
c.DockerSpawner.volumes = {
    "jupyterhub-user-{username}": notebook_dir,
    "/srv/shared": {"bind": "/home/jovyan/shared", "mode": "ro"},
    "papers": "/papers",
}
c.DockerSpawner.mem_limit = "1G"
c.DockerSpawner.cpu_limit = 0.5
c.JupyterHub.db_url = "sqlite:////data/jupyterhub.sqlite"
"""
# As it is today: accounts of its own.
DEPLOY_DOCKER: Files = {
    "docker-compose.yml": """\
version: "3"
services:
  hub:
    build: {context: ., dockerfile: Dockerfile.jupyterhub}
    volumes:
      - "./jupyterhub_config.py:/srv/jupyterhub/jupyterhub_config.py:ro"
      - "/var/run/docker.sock:/var/run/docker.sock:rw"
      - "jupyterhub-data:/data"
    ports: ["8000:8000"]
    environment:
      JUPYTERHUB_ADMIN: ${ADMIN:-admin}
      DOCKER_NETWORK_NAME: jupyterhub-network
      DOCKER_NOTEBOOK_IMAGE: quay.io/jupyter/base-notebook:latest
volumes: {jupyterhub-data: }
""",
    ".env": "ADMIN=ada\n",
    "jupyterhub_config.py": _DOCKER_CONFIG
    + """\
c.Authenticator.allow_all = True
c.JupyterHub.authenticator_class = "nativeauthenticator.NativeAuthenticator"
c.NativeAuthenticator.open_signup = True
admin = os.environ.get("JUPYTERHUB_ADMIN")
if admin:
    c.Authenticator.admin_users = [admin]
""",
}
# As it was for years: GitHub, a list of users, a database of its own.
DEPLOY_DOCKER_GITHUB: Files = {
    "docker-compose.yml": """\
version: "2"
services:
  hub-db:
    image: postgres:9.5
  hub:
    depends_on: [hub-db]
    volumes: ["/var/run/docker.sock:/var/run/docker.sock:rw"]
    environment:
      DOCKER_NETWORK_NAME: ${DOCKER_NETWORK_NAME}
      DOCKER_NOTEBOOK_IMAGE: ${LOCAL_NOTEBOOK_IMAGE}
    env_file: [secrets/postgres.env, secrets/oauth.env]
""",
    ".env": "DOCKER_NETWORK_NAME=jupyterhub-network\nLOCAL_NOTEBOOK_IMAGE=jupyterhub-user\n",
    "secrets/oauth.env": f"GITHUB_CLIENT_ID=Ov23docker\nGITHUB_CLIENT_SECRET={SECRET}\n"
    "OAUTH_CALLBACK_URL=https://stars.example.org/hub/oauth_callback\n",
    "jupyterhub_config.py": _DOCKER_CONFIG
    + """\
c.JupyterHub.authenticator_class = "oauthenticator.GitHubOAuthenticator"
c.GitHubOAuthenticator.oauth_callback_url = os.environ["OAUTH_CALLBACK_URL"]
c.Authenticator.whitelist = whitelist = set()
c.Authenticator.admin_users = admin = set()
with open(os.path.join(os.path.dirname(__file__), "userlist")) as f:
    for line in f:
        parts = line.split()
        whitelist.add(parts[0])
""",
    "userlist": "ada admin\ngrace\r\n\nkatherine\n",
}
