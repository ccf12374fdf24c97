"""Each key of a hub, changed while it runs: its effect is read where it acts, in server, hub or page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pydantic.alias_generators import to_camel

from cyberhubs.settings.hubs import Hub, Idle, Limits
from tests.support.deployment import Deployment, changes
from tests.support.member import Kernel, Member, Refused
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow

SPACE = {"name": "survey", "target": "/survey", "access": "read-write"}
# In a server's own cgroup, of either version: the memory's, the processor's and the processes' limit.
CGROUP = """
from pathlib import Path
def first(*names):
    return next(Path("/sys/fs/cgroup", n).read_text().split() for n in names if Path("/sys/fs/cgroup", n).exists())
print(*first("memory.max", "memory/memory.limit_in_bytes")[:1],
      first("cpu.max", "cpu/cpu.cfs_quota_us")[0], *first("pids.max", "pids/pids.max")[:1])
"""
CHANGED: dict[str, Any] = {
    "title": "Another title",
    "description": "What it is about",
    "listed": True,
    "logo": "logo.svg",
    "applications": ["corehub"],  # there is no other yet
    "interface": "notebook",
    "login": {"kind": "password"},  # the other kind: test_github.py
    "access": {"admins": ["ada"], "allowed": ["grace", "joan"], "blocked": ["katherine"]},
    "data": [],  # with the folder, below
    "limits": {"memory": "768M", "cpus": 0.5, "pids": 300},
    "idle": {"afterMinutes": 0},
    "contact": "help@example.org",
}


@dataclass(frozen=True)
class Changed:
    hub: Deployment
    kernel: Kernel
    login_page: str


@pytest.fixture(scope="module")
def changed(stack: Deployment) -> Iterator[Changed]:
    """The stack with all of them changed by one update, and a server that was started since."""
    stack.put_right()
    survey = stack.directory / "survey"
    survey.mkdir(mode=0o777)
    survey.chmod(0o777)
    (survey / "stars.txt").write_text("Vega")
    logo = stack.directory / "stacks" / "logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    data = [{**SPACE, "source": str(survey)}]
    stack.edit(lambda config: config["cyberhubs:hubs"]["core"].update(CHANGED | {"data": data}))
    stack.ops("up")
    with Member(stack.url, "joan") as joan:
        joan.sign_in(stack.password).start()
        yield Changed(stack, joan.kernel(), httpx.get(f"{stack.url}hub/login").text)
        joan.stop()


def limits(changed: Changed) -> list[str]:
    return changed.kernel.run(CGROUP).split()


def refusal(changed: Changed, name: str) -> str:
    with Member(changed.hub.url, name) as member, pytest.raises(Refused) as refused:
        member.sign_in(changed.hub.password)
    return str(refused.value)


def interface(changed: Changed) -> str:
    with Member(changed.hub.url, "joan") as joan:
        joan.sign_in(changed.hub.password)
        return str(joan.http.get(f"{changed.hub.url}user/joan/").url)


def processes(changed: Changed) -> str:
    return str(changed.hub.container("hub").top()["Processes"])


# Key → whether its effect is there.
EFFECTS: dict[str, Callable[[Changed], bool]] = {
    "title": lambda it: "Another title" in it.login_page,
    "description": lambda it: "What it is about" in httpx.get(it.hub.front).text,
    "listed": lambda it: "Another title" in httpx.get(it.hub.front).text,
    "logo": lambda it: "<svg xmlns" in httpx.get(f"{it.hub.url}hub/logo").text,
    "interface": lambda it: interface(it).endswith("/tree"),
    "access": lambda it: "katherine is blocked on this hub." in refusal(it, "katherine"),
    "data": lambda it: it.kernel.run("print(open('/survey/stars.txt').read())") == "Vega",
    "limits.memory": lambda it: limits(it)[0] == str(768 * 2**20),
    "limits.cpus": lambda it: limits(it)[1] == "50000",
    "limits.pids": lambda it: limits(it)[2] == "300",
    "idle.afterMinutes": lambda it: "idle_culler" not in processes(it),
    "contact": lambda it: "Contact: help@example.org" in refusal(it, "mallory"),
}


def test_none_is_forgotten() -> None:
    assert CHANGED.keys() == Hub.model_fields.keys()
    inner = {
        f"{key}.{to_camel(field.removesuffix('_bytes'))}"
        for key, model in (("limits", Limits), ("idle", Idle))
        for field in model.model_fields
    }
    without_choice = {"applications", "login"}
    inner -= {"idle.openTabMinutes"}  # test_idle.py
    inner -= {"limits.disk"}  # tests/lab/test_quotas.py
    assert EFFECTS.keys() == CHANGED.keys() - {"limits", "idle"} - without_choice | inner


@pytest.mark.parametrize("key", EFFECTS)
def test_its_effect_is_there(changed: Changed, key: str) -> None:
    assert EFFECTS[key](changed)


def test_and_then_nothing_changes(changed: Changed) -> None:
    assert set(changes(changed.hub.ops("up"))) == {"unchanged"}


def test_a_server_that_nobody_uses_is_stopped(changed: Changed) -> None:
    hub = changed.hub
    figures: Any = hub.container("hub").stats(stream=False)
    if figures["read"].startswith("0001"):
        pytest.skip("this engine has no figures of its containers, so nobody is known to be idle")
    hub.edit(lambda config: config["cyberhubs:hubs"]["core"].update(idle={"afterMinutes": 1}))
    hub.ops("up")
    assert "idle_culler" in processes(changed)
    with Member(hub.url, "grace") as grace:
        grace.sign_in(hub.password).start()
    eventually(lambda: not [name for name in hub.containers() if "grace" in name], 180)
