"""`import`: what of an old system is in the stack file afterwards, and what its operator reads of the rest."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from cyberhubs import paths
from cyberhubs.ops import __main__ as ops
from cyberhubs.settings import Settings, load_file
from tests.support.old_systems import (
    DEPLOY_DOCKER,
    DEPLOY_DOCKER_GITHUB,
    OLD_CYBERHUBS,
    SECRET,
    SEVERAL_HUBS,
    TLJH,
    Files,
    written,
)
from tests.unit.install.things import program
from tests.unit.recorder import PROJECT

SCRIPT = "scripts/jupyterhub-config-script.sh"
CONFIG = "config/config.yaml"
LIMITS = {"memory": "2G", "cpus": 1, "pids": 512}
DAY = {"afterMinutes": 1440}


@dataclass
class Imported:
    """`file`: the stack file's values; `left`: the report's part about what could not be carried over."""

    file: dict[str, Any]
    settings: Settings
    text: str
    left: str
    files: str

    @property
    def core(self) -> dict[str, Any]:
        return self.file["hubs"]["core"]


Import = Callable[..., Imported]


def run(monkeypatch: pytest.MonkeyPatch, folder: Path | str, stack: str = "") -> int:
    words = ["cyberhubs", "import", "--folder", str(folder), "--stack", stack]
    monkeypatch.setattr(sys, "argv", words)
    return ops.main()


@pytest.fixture
def stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "stacks"
    folder.mkdir()
    monkeypatch.setattr(paths, "STACKS", folder)
    return folder


def contents(folder: Path) -> dict[Path, bytes | None]:
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.fixture
def imported(
    tmp_path: Path, stacks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> Import:
    """Of an old system with some of its files changed. Each time nothing in it is touched, and no secret gets out."""

    def imported(files: Files, **changed: str | bytes) -> Imported:
        old = tmp_path / "old"
        if not old.exists():
            written(old, files)
        written(old, {name.replace("__", "/"): text for name, text in changed.items()})
        before = contents(old)
        assert run(monkeypatch, old, "came") == 0
        assert contents(old) == before
        file, report = stacks / "Pulumi.came.yaml", stacks / "Pulumi.came.import.md"
        printed = "".join(capsys.readouterr())
        said = report.read_text()
        assert said in printed
        assert SECRET not in file.read_text() + printed
        raw = yaml.safe_load(file.read_text())["config"]
        left = said.partition("## Not carried over")[2].partition("## Carried over")[0]
        return Imported(
            {key.removeprefix("cyberhubs:"): value for key, value in raw.items()},
            load_file(file, "came"),
            file.read_text(),
            left,
            said.partition("## Members' files")[2],
        )

    return imported


def changed(files: Files, name: str, old: str, new: str) -> Files:
    text = files[name]
    assert isinstance(text, str) and old in text
    return {**files, name: text.replace(old, new)}


def test_an_old_cyberhubs(imported: Import) -> None:
    found = imported(OLD_CYBERHUBS)
    assert found.file["domain"] == "stars.example.org"
    assert found.file["tls"] == {"mode": "acme", "email": "ops@example.org"}
    assert found.file["user"] == {"uid": 41601, "gid": 416}
    assert found.file["hubs"] == {
        "core": {
            "title": "Core hub",
            "applications": ["corehub"],
            "interface": "choose",
            "login": {"kind": "github", "clientId": "Ov23oldhub", "clientSecret": "none-yet"},
            "access": {
                "admins": ["ada"],
                "allowed": ["grace", "katherine", "hedy"],
                "blocked": ["mallory"],
            },
            "data": [
                {"source": "/mnt/data", "target": "/data", "access": "read-only"},
                {
                    "source": "/srv/jupyter_config",
                    "target": "/jupyterhub_config",
                    "access": "read-only",
                },
                {"source": "/mnt/user", "target": "/user", "access": "read-write"},
            ],
            "limits": LIMITS,
            "idle": DAY,
        }
    }
    assert "cyberhubs/starhub" in found.left  # an image that there is none of here
    assert f"{SCRIPT}: JUPYTER_HUB_CLNT_SE" in found.left  # where the secret is
    assert "make register STACK=came HUB=core" in found.left
    assert "/mnt/jupyterhub_users/<name>" in found.files


def test_several_hubs_of_an_old_cyberhubs(imported: Import) -> None:
    found = imported(SEVERAL_HUBS)
    assert {name: hub["access"]["allowed"] for name, hub in found.file["hubs"].items()} == {
        "ppmstar": ["grace", "katherine", "hedy"],
        "mesa": ["dorothy", "hedy"],
    }
    assert found.file["hubs"]["ppmstar"]["login"]["clientId"] == "Ov23oldhub1"
    assert found.settings.hubs[1].title == "PPMstar"
    assert "`/PPMstar`: the hub's is `/ppmstar/`" in found.left
    assert "/mesa" not in found.left.replace("/mesa/", "").replace("multiuser_mesa", "")
    assert "backup_multiuser_gone" in found.left
    assert "/mnt/jupyterhub_users/mesa/$name" in found.files


def test_a_tljh(imported: Import) -> None:
    found = imported(TLJH)
    assert found.file["domain"] == "stars.example.org"
    assert found.file["tls"] == {"mode": "acme", "email": "ops@stars.example.org"}
    assert found.core == {
        "title": "Core hub",
        "applications": ["corehub"],
        "interface": "notebook",
        "login": {"kind": "github", "clientId": "Ov23tljh", "clientSecret": "none-yet"},
        "access": {
            "admins": ["ada"],
            "allowed": ["grace", "0123"],
            "organizations": ["my-org"],
            "blocked": ["mallory"],
        },
        "limits": {"memory": "4G", "cpus": 2, "pids": 512},
        "idle": {"afterMinutes": 60},
    }
    for part in (
        "katherine.j@example.org",
        "www.stars.example.org",
        "extra_user_groups.students",
        "services.cull.max_age",
        "SystemdSpawner.environment",
        "auth.GitHubOAuthenticator.client_secret",
    ):
        assert part in found.left


def test_a_tljh_as_it_is_installed(imported: Import) -> None:
    """Its own passwords: what is written lets nobody in by a name that may be another one's at GitHub."""
    found = imported({CONFIG: "users:\n  admin:\n  - ada\n"})
    assert found.file["tls"] == {"mode": "none", "port": 8000}
    assert found.core["login"] == {"kind": "password"}
    assert found.core["access"] == {"admins": ["ada"], "everyone": False}
    assert found.core["idle"] == {"afterMinutes": 10}
    assert "FirstUseAuthenticator" in found.left


def test_a_deploy_docker(imported: Import) -> None:
    found = imported(DEPLOY_DOCKER)
    assert found.file["tls"] == {"mode": "none", "port": 8000}
    assert found.core == {
        "title": "Core hub",
        "applications": ["corehub"],
        "interface": "lab",
        "login": {"kind": "password"},
        "access": {"admins": ["ada"], "everyone": False},
        "data": [{"source": "/srv/shared", "target": "/shared", "access": "read-only"}],
        "limits": {"memory": "1G", "cpus": 0.5, "pids": 512},
        "idle": DAY,
    }
    for part in (
        "nativeauthenticator.NativeAuthenticator",
        "/home/jovyan/shared is seen as /shared",
        "volume papers",
        "quay.io/jupyter/base-notebook:latest",
    ):
        assert part in found.left


def test_a_deploy_docker_of_github(imported: Import) -> None:
    found = imported(DEPLOY_DOCKER_GITHUB)
    assert found.file["domain"] == "stars.example.org"
    assert found.core["login"]["clientId"] == "Ov23docker"
    assert found.core["access"] == {"admins": ["ada"], "allowed": ["ada", "grace", "katherine"]}
    assert "`secrets/postgres.env` is not here" in found.left
    assert "`hub-db`" in found.left


def test_the_stack_is_named_after_the_old_system(
    tmp_path: Path, stacks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, files, below in (
        ("cyberhubs", OLD_CYBERHUBS, "multiuser"),
        ("tljh", TLJH, "config"),
        ("deploy-docker", DEPLOY_DOCKER, ""),
    ):
        assert run(monkeypatch, written(tmp_path / name, files) / below) == 0
        assert (stacks / f"Pulumi.{name}.yaml").exists()


@pytest.mark.parametrize("given, told", [([], ""), (["STACK=mine"], "mine")])
def test_make_names_no_stack_of_itself(given: list[str], told: str) -> None:
    """`local`, its default elsewhere, is the stack of every checkout."""
    clean = {k: v for k, v in os.environ.items() if k != "STACK" and not k.startswith("MAKE")}
    command = ["make", "--dry-run", "import", "FROM=/old", *given]
    printed = subprocess.run(command, cwd=PROJECT, env=clean, capture_output=True, text=True).stdout
    assert f'--folder "/old" --stack "{told}"' in printed


def test_a_stack_file_that_is_there_stays(
    tmp_path: Path,
    stacks: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    (stacks / "Pulumi.mine.yaml").write_text("mine")
    assert run(monkeypatch, written(tmp_path / "old", TLJH), "mine") == 1
    assert "left as it is" in capsys.readouterr().err
    assert {path.name: path.read_text() for path in stacks.iterdir()} == {
        "Pulumi.mine.yaml": "mine"
    }


@pytest.mark.parametrize(
    "files, stack, said",
    [
        ({}, "", "no system that is known"),
        ({"docker-compose.yml": "services: {web: {}}\n"}, "", "no system that is known"),
        ({**OLD_CYBERHUBS, **TLJH}, "", "an old Cyberhubs and The Littlest JupyterHub"),
        ({**DEPLOY_DOCKER, **TLJH}, "", "name the folder of one of them"),
        (TLJH, "Not/good", "cannot be part of an address"),
    ],
    ids=["empty", "another", "two", "two others", "bad name"],
)
def test_a_folder_of_none_or_of_several(
    tmp_path: Path,
    stacks: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
    files: Files,
    stack: str,
    said: str,
) -> None:
    (tmp_path / "old").mkdir()
    assert run(monkeypatch, written(tmp_path / "old", files), stack) == 1
    assert said in capsys.readouterr().err
    assert list(stacks.iterdir()) == []


@pytest.mark.parametrize("folder", ["", "/nothing/here", __file__])
def test_no_folder(
    stacks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, folder: str
) -> None:
    assert run(monkeypatch, folder) == 1
    assert "FROM=" in capsys.readouterr().err


def test_lists_from_windows_with_comments_and_bad_names(imported: Import) -> None:
    found = imported(
        OLD_CYBERHUBS,
        multiuser__access__wlist=b"\xef\xbb\xbf# students\r\n\r\nGrace # since 2019\r\nada lovelace\r\n"
        b"caf\xe9\r\nn\x1b[31m\r\nGRACE\r\n",
        multiuser__access__blist="mallory\r\n".encode("utf-16"),
    )
    assert found.core["access"]["allowed"] == ["grace", "hedy"]
    assert found.core["access"]["blocked"] == ["mallory"]
    assert "`multiuser/access/wlist` is not text in UTF-8" in found.left
    assert "has comments" in found.left
    assert "'ada lovelace'" in found.left and "caf" in found.left
    assert "\x1b" not in found.left


def test_a_blocked_admin_is_no_admin(imported: Import) -> None:
    found = imported(OLD_CYBERHUBS, multiuser__access__blist="ADA\ngrace\n")
    assert found.core["access"] == {"allowed": ["katherine", "hedy"], "blocked": ["ada", "grace"]}
    assert "ada, in `admins` and in `blocked`" in found.left
    assert "grace, in `allowed` and in `blocked`" in found.left


NO_NAMES = changed(OLD_CYBERHUBS, SCRIPT, "='hedy'", "=''")


@pytest.mark.parametrize(
    "wlist, blist, is_open",
    [
        ("", "", True),
        ("", "mallory\n", True),
        ("\n", "", False),  # an empty name was on the list, so that nobody was let in
        ("# nobody yet\n", "", False),
        ("not a name\n", "", False),
        (None, "", False),
        ("", None, False),
    ],
)
def test_a_hub_is_open_only_where_the_old_one_was(
    tmp_path: Path, imported: Import, wlist: str | None, blist: str | None, is_open: bool
) -> None:
    """None: a list that cannot be read."""
    access = tmp_path / "old/multiuser/access"
    lists = {"wlist": wlist, "blist": blist}
    files = {name: text for name, text in NO_NAMES.items() if "access/" not in name}
    written(tmp_path / "old", files)
    for name, text in lists.items():
        if text is None:
            (access / name).mkdir(parents=True)
        else:
            written(access, {name: text})
    found = imported(files)
    assert found.core["access"]["everyone"] is is_open
    assert ("is no file that can be read" in found.left) == (None in lists.values())


@pytest.mark.parametrize(
    "name, old, new",
    [
        (SCRIPT, "export JUPYTER_HUB_WHT_LST=''", "export JUPYTER_HUB_WHT_LST=$(cat names)"),
        (SCRIPT, "export JUPYTER_HUB_WHT_LST=''", "source more.sh"),
        ("multiuser/docker-compose.yml", "services:", "services: ["),
        (
            "multiuser/jupyterhub_config.py",
            "FORM",
            "config.Authenticator.whitelist = set(open('names'))\nFORM",
        ),
    ],
)
def test_a_hub_stays_closed_where_something_was_not_read(
    imported: Import, name: str, old: str, new: str
) -> None:
    files = {**NO_NAMES, "multiuser/access/wlist": "", "multiuser/access/blist": ""}
    assert imported(changed(files, name, old, new)).core["access"]["everyone"] is False


def test_names_that_stand_in_the_configuration(imported: Import) -> None:
    """Not only those of the script and of the lists."""
    config = 'config.Authenticator.whitelist = {"dorothy"}\nconfig.Authenticator.blacklist = {"eve"}\nFORM'
    found = imported(changed(OLD_CYBERHUBS, "multiuser/jupyterhub_config.py", "FORM", config))
    assert found.core["access"]["allowed"] == ["grace", "katherine", "hedy", "dorothy"]
    assert found.core["access"]["blocked"] == ["mallory", "eve"]


@pytest.mark.parametrize("quote", ["", '"', "`"])
@pytest.mark.parametrize("name", ["JUPYTER_HUB_CLNT_ID", "JUPYTER_HUB_CLNT_SE"])
def test_a_broken_quotation_lets_no_secret_out(imported: Import, name: str, quote: str) -> None:
    """Of the line before the secret's, or of its own."""
    found = imported(changed(OLD_CYBERHUBS, SCRIPT, f"{name}='", f"{name}={quote}"))
    assert found.core["login"]["clientSecret"] == "none-yet"
    assert found.core["access"]["admins"] == ["ada"]


@pytest.mark.parametrize(
    "files, name, text",
    [
        (TLJH, CONFIG, "users: [ada]\nlimits: 5\nservices: {cull: {enabled: [], timeout: {}}}\n"),
        (TLJH, CONFIG, "users: {admin: {a: b}, allowed: [[x], {y: z}]}\nauth: {type: {}}\n"),
        (TLJH, CONFIG, "limits: {memory: 1.2.3, cpu: inf}\nuser_environment: {default_app: []}\n"),
        (TLJH, CONFIG, f"services: {{cull: {{timeout: {'9' * 400}}}}}\nhttps: {{letsencrypt: []}}\n"),
        (DEPLOY_DOCKER, "docker-compose.yml", "services: {hub: , db: [], x: {volumes: a}}\n"),
        (DEPLOY_DOCKER, "docker-compose.yml", "services: {hub: {env_file: {a: b}, environment: c}}\n"),
        (DEPLOY_DOCKER, "jupyterhub_config.py", f"x = {'1 + ' * 3000} 1\nc.A.b = {'[' * 80}{']' * 80}\n"),
        (DEPLOY_DOCKER, "jupyterhub_config.py", "c.DockerSpawner.allowed_images = [{}, [], 1, x()]\n"),
        (DEPLOY_DOCKER, "jupyterhub_config.py", "c.DockerSpawner.volumes = {1: {}, x(): 2, 'a': y()}\n"),
    ],
)  # fmt: skip
def test_values_of_another_kind_than_they_should_be(
    imported: Import, files: Files, name: str, text: str
) -> None:
    assert imported({**files, name: text}).left.count("\n- ") > 2


def test_nothing_is_run(tmp_path: Path, imported: Import) -> None:
    mark = tmp_path / "ran"
    found = imported(
        {
            **OLD_CYBERHUBS,
            "multiuser/jupyterhub_config.py": f"import os\nos.system('touch {mark}')\n",
            "multiuser/docker-compose.yml": f"services: {{x: {{command: touch {mark}}}}}\n# JUPYTER_HUB_\n",
            SCRIPT: f"touch {mark}\n"
            f"export JUPYTER_HUB_ADMN_NM=$(touch {mark}; echo ada)\n"
            f'export JUPYTER_HUB_WHT_LST="`touch {mark}`"\n'
            "if true; then export JUPYTER_HUB_RO_PATH=/x:/x; fi\n"
            "export JUPYTER_HUB_VL_PATH=/mnt/user\\\n:/user\n"
            'A=/mnt; export JUPYTER_HUB_CLNT_ID="Ov$A"\n'
            "export JUPYTER_HUB_AUTH_CL='AstroAuthenticator'\n"
            "export JUPYTER_HUB_CLNT_SE='never closed\n",
        }
    )
    assert not mark.exists()
    for line in (1, 2, 3, 4, 9):
        assert f"`{SCRIPT}`, line {line} is not of the form" in found.left
    assert found.core["login"]["clientId"] == "Ov/mnt"
    assert found.core["data"] == [
        {"source": "/mnt/user", "target": "/user", "access": "read-write"}
    ]


def test_python_is_read_as_far_as_it_says_so_itself(tmp_path: Path, imported: Import) -> None:
    mark = tmp_path / "ran"
    config = f"""\
import os
open("{mark}", "w").write("x")
c = get_config()
names = ["grace"]
c.Authenticator.allowed_users = {{name for name in names}}
c.Authenticator.admin_users = {{"ada", some()}}
c.Authenticator.blocked_users = set()
for name in names:
    c.Authenticator.blocked_users.add(name)
c.Authenticator.allow_all = True
c.DockerSpawner.mem_limit = f"{{2 + 1}}G"
c.Spawner.cpu_limit = 1 if os.environ.get("BIG") == "no" else 4
setattr(c.Spawner, "x", 1)
load_subconfig("more.py")
if some():
    c.DockerSpawner.default_url = "/tree"
c.JupyterHub.services = [{{"name": "cull", "command": [some(), "--timeout=90"]}}, {{"name": "grader"}}]
"""
    found = imported(DEPLOY_DOCKER_GITHUB, **{"jupyterhub_config.py": config, "userlist": ""})
    assert not mark.exists()
    assert found.core["access"] == {"admins": ["ada"], "everyone": False}
    assert found.core["limits"] == {"memory": "3G", "cpus": 4, "pids": 512}
    assert found.core["idle"] == {"afterMinutes": 2}
    assert found.core["interface"] == "lab"
    for said in (
        "Authenticator.allowed_users (jupyterhub_config.py, line 5) comes of a program",
        "one that a program computes",
        "Authenticator.blocked_users (jupyterhub_config.py, line 9) comes of a program",
        "`jupyterhub_config.py`, line 2 reads another file",
        "`jupyterhub_config.py`, line 13 has to do with the configuration",
        "`jupyterhub_config.py`, line 14 reads another file",
        "DockerSpawner.default_url (jupyterhub_config.py, line 16) comes of a program",
        "the service grader",
    ):
        assert said in found.left


@pytest.mark.parametrize(
    "files, name, text, said",
    [
        (TLJH, CONFIG, "users: {admin: [ada\n", "is not valid YAML in line"),
        (TLJH, CONFIG, "users: {admin: [ada]}\nusers: {}\n", "is not valid YAML in line 2"),
        (TLJH, CONFIG, b"users: \x00\n", "is not valid YAML"),
        (DEPLOY_DOCKER, "docker-compose.yml", "- a\n", "holds no keys"),
        (DEPLOY_DOCKER, "jupyterhub_config.py", "c.X.y = (\n", "line 1, is not Python"),
        (DEPLOY_DOCKER, ".env", "ADMIN\n", "`.env`, line 1 is not of the form"),
        (DEPLOY_DOCKER, "userlist", "ada boss\n", "what stands after the name ada"),
    ],
)
def test_a_file_that_is_wrong(
    imported: Import, files: Files, name: str, text: str | bytes, said: str
) -> None:
    found = imported({**files, name: text})
    assert said in found.left
    assert found.core["access"]["everyone" if name != "userlist" else "allowed"] in (False, ["ada"])


@pytest.mark.parametrize(
    "files, name, old, new, said",
    [
        (
            OLD_CYBERHUBS,
            SCRIPT,
            "https://stars.example.org/",
            "http://10.1.2.3/",
            "is not a domain",
        ),
        (OLD_CYBERHUBS, SCRIPT, "user=41601:416", "user=0:0", "too small"),
        (OLD_CYBERHUBS, SCRIPT, "user=41601:416", "user=docker", "not a whole number"),
        (OLD_CYBERHUBS, SCRIPT, "/mnt/user:/user", "/:/user", "belongs to the system"),
        (OLD_CYBERHUBS, SCRIPT, "/mnt/user:/user", "/mnt/user:/data/x", "lie in one another"),
        (OLD_CYBERHUBS, SCRIPT, "AstroAuth", "GitLabAstroAuth", "`GitLabAstroAuthenticator`"),
        (TLJH, CONFIG, "4G", "4 Gigs", "not an amount of memory"),
        (TLJH, CONFIG, "cpu: 2", "cpu: -1", "too small"),
        (TLJH, CONFIG, "ops@stars.example.org", "ops", "not an e-mail address"),
        (TLJH, CONFIG, "[my-org]", "[[], {a: b}]", "one of the organizations"),
        (TLJH, CONFIG, "[my-org]", "[my org]", "not a possible GitHub name"),
        (TLJH, CONFIG, "classic", "rstudio", "the page that servers began with"),
    ],
)
def test_a_value_that_the_settings_refuse(
    imported: Import, files: Files, name: str, old: str, new: str, said: str
) -> None:
    """With their own sentence; all else is carried over."""
    found = imported(changed(files, name, old, new))
    assert said in found.left
    assert found.core["access"]["admins"] == ["ada"]


def test_names_of_another_login_are_let_in_on_the_loopback_alone(imported: Import) -> None:
    files = changed(OLD_CYBERHUBS, SCRIPT, "AstroAuth", "GitLabAstroAuth")
    found = imported(files)
    assert found.core["login"] == {"kind": "password"}
    assert found.file["tls"]["mode"] == "none" and "domain" not in found.file
    assert found.core["access"]["allowed"] == ["grace", "katherine", "hedy"]


def test_more_names_than_a_list_may_have(imported: Import) -> None:
    names = "".join(f"user{number}\n" for number in range(5001))
    found = imported(OLD_CYBERHUBS, multiuser__access__wlist=names)
    assert found.core["access"] == {"admins": ["ada"], "blocked": ["mallory"], "everyone": False}
    assert "more than 5000 names" in found.left


@pytest.mark.parametrize("organizations", ["[]", "[[]]", "{}", "''"])
def test_organizations_that_are_none_open_nothing(imported: Import, organizations: str) -> None:
    files = changed(TLJH, CONFIG, "[my-org]", organizations)
    found = imported(changed(files, CONFIG, "  - grace\n  - 0123\n", ""))
    assert found.core["access"]["everyone"] is False


def test_long_lists_are_wrapped(imported: Import) -> None:
    names = [f"user{number}" for number in range(1000)]
    found = imported(OLD_CYBERHUBS, multiuser__access__wlist="\n".join(names))
    assert found.core["access"]["allowed"] == [*names, "hedy"]
    assert max(map(len, found.text.splitlines()[20:])) < 160


def test_what_was_never_filled_in(imported: Import) -> None:
    script = OLD_CYBERHUBS[SCRIPT]
    assert isinstance(script, str)
    for value, example in (
        ("Ov23oldhub", "github_oauth_clntID"),
        (SECRET, "github_oauth_clntSecret"),
        ("https://stars.example.org/hub", "https://server.name.org/hub"),
        ("'Ada'", "'admin_github_user_name'"),
    ):
        script = script.replace(value, example)
    found = imported({**OLD_CYBERHUBS, SCRIPT: script})
    assert found.core["login"]["clientId"] == "none-yet"
    assert "domain" not in found.file and "admins" not in found.core["access"]
    assert found.left.count("was never filled in") == 4


@pytest.fixture
def typed(tmp_path: Path) -> Callable[[str], str]:
    """The report's commands, as they are typed on a server; the other one's folder is `new` here."""
    program(tmp_path / "bin/ssh", 'shift; exec sh -c "$*"')
    program(tmp_path / "bin/sudo", 'exec "$@"')
    program(tmp_path / "bin/chown", f'echo "$@" >>{tmp_path}/owners')

    def typed(files: str) -> str:
        script = "\n".join(
            line.partition("```")[0] if line.startswith("```") else line
            for part in files.split("```bash\n")[1:]
            for line in part.partition("\n```")[0].splitlines()
        )
        for old, new in (("/home/jupyter-", "old/home/jupyter-"), ("/mnt/", "mnt/")):
            script = script.replace(f" {old}", f" {tmp_path}/{new}")
            script = script.replace(f"#{old}", f"#{tmp_path}/{new}")
        return subprocess.run(
            ["bash", "-euc", script],
            env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    return typed


def test_homes_of_an_old_cyberhubs(
    tmp_path: Path, imported: Import, typed: Callable[[str], str]
) -> None:
    found = imported(
        changed(
            {**OLD_CYBERHUBS, "multiuser/jupyterhub_config.py": ""}, SCRIPT, "/mnt/user:/user", ""
        )
    )
    written(
        tmp_path / "mnt",
        {
            "jupyterhub_users/grace/a b.txt": "hers",
            "jupyterhub_users/Ada/x": "adas",
            "jupyterhub_users/it's/x": "no name",
            "data/stars": "bright",
        },
    )
    files = found.files.replace("/mnt/jupyterhub_users/core", "/mnt/new")
    assert "left out" in typed(files)
    written(tmp_path / "mnt/new/grace", {"a b.txt": "newer"})
    typed(files)  # again
    new = tmp_path / "mnt/new"
    assert {
        p.relative_to(new).as_posix(): p.read_text() for p in new.rglob("*") if p.is_file()
    } == {
        "grace/a b.txt": "newer",
        "ada/x": "adas",
    }
    assert f"-R 41601:416 {new}/grace" in (tmp_path / "owners").read_text()


def test_homes_of_a_tljh(tmp_path: Path, imported: Import, typed: Callable[[str], str]) -> None:
    long = "katherine-johnson-of-nasa"
    digest = hashlib.sha256(f"jupyter-{long}".encode()).hexdigest()[:5]
    found = imported(changed(TLJH, CONFIG, "- grace", f"- grace\n  - {long}"))
    written(
        tmp_path / "old/home",
        {
            "jupyter-grace/x": "hers",
            f"jupyter-{long[:18]}-{digest}/x": "katherines",
            "jupyter-somebody-whom-nobod-12345/x": "whose",
            "other/x": "no member",
        },
    )
    files = found.files.replace("/mnt/jupyterhub_users/core", "/mnt/new")
    assert "left out" in typed(files)
    new = tmp_path / "mnt/new"
    assert {
        p.relative_to(new).as_posix(): p.read_text() for p in new.rglob("*") if p.is_file()
    } == {
        "grace/x": "hers",
        f"{long}/x": "katherines",
    }
