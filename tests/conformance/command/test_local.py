"""Conformance of the plugin `command`: local commands. See plugin_client.py for PLUGIN_DIR."""

import asyncio
import os
import re
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest

from offline.plugins.command import local
from offline.plugins.command.output import Output
from tests.support.plugin_client import UNKNOWN, Plugin, PluginError, Secret
from tests.support.plugin_suite import OFFICIAL, ours
from tests.support.processes import gone, wait_for

pytestmark = pytest.mark.slow

TOKEN = "command:local:Command"


def given(command: str, **more: Any) -> dict[str, Any]:
    """Inputs as the program gives them."""
    return {"create": command, "logging": "none", "addPreviousOutputInEnv": False, **more}


def create(plugin: Plugin, command: str, **inputs: Any) -> dict[str, Any]:
    """The state of a command that was checked and created."""
    return plugin.create(TOKEN, plugin.check(TOKEN, given(command, **inputs)))[1]


def test_outputs(plugin: Plugin) -> None:
    checked = plugin.check(TOKEN, given("printf 'a\\n\\n'; printf 'b\\n' >&2; cat"))
    id, state = plugin.create(TOKEN, checked)
    assert re.fullmatch("thing[0-9a-f]{8}", id)
    assert (state["stdout"], state["stderr"]) == ("a\n", "b")
    assert state["create"] == checked["create"]


def test_surroundings(plugin: Plugin) -> None:
    assert create(plugin, "pwd")["stdout"] == str(plugin.work_dir)
    state = create(plugin, "echo $A $HOME", environment={"A": "x", "HOME": "/nowhere"})
    assert state["stdout"] == "x /nowhere"
    state = create(plugin, "print(6 * 7)", interpreter=[sys.executable, "-c"])
    assert state["stdout"] == "42"


def test_long_stdin_and_output(plugin: Plugin) -> None:
    text = "räksmörgås €\n" * 75_000
    assert create(plugin, "cat", stdin=text)["stdout"] == text.removesuffix("\n")
    assert create(plugin, "true", stdin=text)["stdout"] == ""


@ours
def test_bytes_that_are_no_text(plugin: Plugin) -> None:
    assert create(plugin, "printf 'a\\377b'")["stdout"] == "a\ufffdb"


def test_failure(plugin: Plugin) -> None:
    with pytest.raises(PluginError, match=r"(?s)exit status 7.*out.*err"):
        create(plugin, "echo out; echo err >&2; exit 7")


def test_cannot_start(plugin: Plugin) -> None:
    with pytest.raises(PluginError, match=r"(?i)no such file"):
        create(plugin, "x", interpreter=["/nowhere/sh"])


@pytest.mark.parametrize(
    ("logging", "shown"), [("stdoutAndStderr", {"out", "err"}), ("none", set())]
)
def test_logging(plugin: Plugin, logging: str, shown: set[str]) -> None:
    plugin.logs.clear()
    state = create(plugin, "echo out; echo err >&2", logging=logging)
    assert (state["stdout"], state["stderr"]) == ("out", "err")
    assert {log.message for log in plugin.logs} == shown
    assert all(log.ephemeral and log.urn == plugin.urn(TOKEN) for log in plugin.logs)


def test_secret_inputs_stay_secret(plugin: Plugin) -> None:
    secret = Secret("sesame street")
    state = create(plugin, "cat; echo $A", stdin=secret, environment={"A": Secret("x"), "B": "y"})
    assert state["stdin"] == secret
    assert "x" not in str(state["environment"]).replace("Secret(value='x')", "")
    assert state["stdout"] == "sesame streetx"  # the program says what is secret of the outputs


@ours
def test_secrets_are_in_no_message(plugin: Plugin) -> None:
    script = Secret("set -e\nTOKEN=tulips-and-daisies\necho $TOKEN\nfalse")
    with pytest.raises(PluginError) as failure:
        environment = {"A": Secret("rose")}
        create(
            plugin,
            "echo swordfish $A; sh -ex",
            stdin=script,
            environment=environment,
            logging="stdoutAndStderr",
        )
    with pytest.raises(PluginError) as other:
        create(plugin, "", interpreter=["/bin/sh", "-c", "echo swordfish; exit 1"])
    assert "swordfish" in str(other.value)
    with pytest.raises(PluginError) as hidden:
        plugin.create(TOKEN, given("") | {"create": Secret("echo hyacinth; false")})
    everything = f"{failure.value} {hidden.value} {plugin.text()}"
    for word in ("TOKEN=tulips", "rose", "hyacinth; false"):
        assert word not in everything
    assert "swordfish" in everything


def test_preview_runs_nothing(plugin: Plugin) -> None:
    inputs = plugin.check(TOKEN, given("touch made", stdin=UNKNOWN))
    assert inputs["stdin"] == UNKNOWN
    _, state = plugin.create(TOKEN, inputs, preview=True)
    assert (state["stdout"], state["stderr"], state["stdin"]) == (UNKNOWN,) * 3
    assert state["create"] == "touch made"
    old = given("echo", stdout="old", stderr="")
    state = plugin.update(TOKEN, "id", old, given("touch made"), preview=True)
    assert state["stdout"] == UNKNOWN
    assert not (plugin.work_dir / "made").exists()


INPUTS = given(
    "true",
    update="true",
    delete="true",
    stdin="a",
    environment={"A": "1"},
    interpreter=["/bin/sh", "-c"],
    triggers=["a", "b"],
)


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("create", "false", "create"),
        ("create", UNKNOWN, "create"),
        ("update", "false", "update"),
        ("delete", "false", "delete"),
        ("stdin", "b", "stdin"),
        ("logging", "stdoutAndStderr", "logging"),
        ("environment", {"A": "2"}, "environment.A"),
        ("interpreter", ["/bin/bash", "-c"], "interpreter[0]"),
        ("triggers", ["b", "b"], "triggers[0]"),
        ("triggers", ["a", UNKNOWN], "triggers[1]"),
        ("triggers", None, "triggers"),
    ],
)
def test_update_or_replace(plugin: Plugin, name: str, value: Any, path: str) -> None:
    state = {**INPUTS, "stdout": "x", "stderr": ""}
    assert plugin.kinds(TOKEN, state, INPUTS) == {}
    news = {key: v for key, v in {**INPUTS, name: value}.items() if v is not None}
    answer = plugin.diff(TOKEN, state, news)
    assert list(answer.detailedDiff) == [path]
    kind = plugin.kinds(TOKEN, state, news)[path]
    assert kind.startswith("DELETE" if value is None else "UPDATE")
    assert not kind.endswith("_REPLACE") and not answer.replaces  # of triggers, the SDK says it
    assert not answer.deleteBeforeReplace


def test_update(plugin: Plugin) -> None:
    state = create(plugin, "echo made")

    def update(command: str, **inputs: Any) -> str:
        return plugin.update(TOKEN, "id", state, plugin.check(TOKEN, given(command, **inputs)))[
            "stdout"
        ]

    assert update("echo made", update="echo changed") == "changed"
    assert update("echo made again") == "made again"


def test_delete(plugin: Plugin) -> None:
    state = create(plugin, "echo made", delete="cat > deleted", stdin="in")
    plugin.delete(TOKEN, "id", state)
    assert (plugin.work_dir / "deleted").read_text() == "in"
    with pytest.raises(PluginError, match="exit status 5"):
        plugin.delete(TOKEN, "id", {**state, "delete": "exit 5"})
    plugin.delete(TOKEN, "id", {k: v for k, v in state.items() if k != "delete"})


def test_refresh_changes_nothing(plugin: Plugin) -> None:
    inputs = plugin.check(TOKEN, given("echo once >> runs", stdin=Secret("s")))
    id, state = plugin.create(TOKEN, inputs)
    assert plugin.read(TOKEN, id, state, inputs) == (id, state, inputs)
    assert (plugin.work_dir / "runs").read_text() == "once\n"


@ours
def test_refused_by_name(plugin: Plugin) -> None:
    inputs = {
        "create": 3,
        "assetPaths": ["*"],
        "logging": "all",
        "addPreviousOutputInEnv": True,
        "made": 1,
    }
    with pytest.raises(PluginError) as refusal:
        plugin.check(TOKEN, inputs)
    assert {line.split(":")[0] for line in str(refusal.value).splitlines()} == set(inputs)
    for token in ("command:remote:Command", "command:other:Thing"):
        with pytest.raises(PluginError, match=f"'{token}' is not carried out"):
            plugin.check(token, {})


# The engine cancels first; the official one, interrupted alone, waits for the command.
@pytest.mark.parametrize("how", ["cancel", pytest.param("interrupt", marks=ours)])
def test_stopping_ends_the_command(tmp_path: Path, how: str) -> None:
    failures: list[str] = []

    def work() -> None:
        try:
            create(plugin, "sleep 300 & echo $! > below; echo $$ > above; wait")
        except PluginError as error:
            failures.append(str(error))

    with Plugin("command", tmp_path) as plugin:
        thread = threading.Thread(target=work)
        thread.start()
        above, below = int(wait_for(tmp_path / "above")), int(wait_for(tmp_path / "below"))
        if how == "cancel":
            plugin.cancel()
        else:
            plugin.close()
        assert gone(above)
        if OFFICIAL:  # the official one ends only what it started itself
            os.kill(below, signal.SIGKILL)
        assert gone(below)
        thread.join(10)
    assert failures


@ours
def test_stopping_ends_a_command_that_is_just_being_started(tmp_path: Path) -> None:
    """When it runs already, and the plugin has not been told yet."""
    below = tmp_path / "below"

    async def stop_at_once() -> None:
        command = ["sh", "-c", f"sleep 300 & echo $! > {below}; wait"]
        output = cast(Output, None)  # which it does not come to
        task = asyncio.create_task(local.run(command, {}, None, output))
        while not below.exists():
            await asyncio.sleep(0)
            time.sleep(0.3)  # the plugin is busy with something else
        task.cancel()
        await asyncio.wait({task}, timeout=5)
        pid = int(wait_for(below))
        try:
            assert task.cancelled() and gone(pid)
        finally:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    asyncio.run(stop_at_once())


def test_time_limit(plugin: Plugin) -> None:
    started = time.monotonic()
    with pytest.raises(PluginError):
        plugin.create(TOKEN, given("exec sleep 60"), timeout_s=1)
    assert time.monotonic() - started < 6


def test_commands_run_side_by_side(plugin: Plugin) -> None:
    states: list[Any] = []
    threads = [
        threading.Thread(target=lambda: states.append(create(plugin, "sleep 1; echo done")))
        for _ in range(8)
    ]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [state["stdout"] for state in states] == ["done"] * 8
    assert time.monotonic() - started < 5
