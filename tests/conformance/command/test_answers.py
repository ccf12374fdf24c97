"""What the official plugin answers to all that the program asks of it, and what ours does."""

from tests.support.answers import answers, ask
from tests.support.plugin_client import Plugin
from tests.support.plugin_suite import Made

COMMAND = "command:local:Command"
GIVEN = {
    "create": "echo made; echo warned >&2",
    "update": "echo changed",
    "delete": "true",
    "stdin": "some",
    "environment": {"A": "1"},
    "interpreter": ["/bin/sh", "-c"],
    "logging": "none",
    "addPreviousOutputInEnv": False,
    "triggers": ["a", "b"],
}
CHANGES = {
    "create": "false",
    "update": "false",
    "delete": None,
    "stdin": "other",
    "environment": {"A": "2"},
    "interpreter": ["/bin/bash", "-c"],
    "logging": "stdoutAndStderr",
    "addPreviousOutputInEnv": False,  # the program gives no other
    "triggers": ["a", "c"],
}


def test_of_a_command(plugin: Plugin) -> None:
    made = Made(plugin)
    with answers(plugin, __file__) as known:
        ask(known, plugin, COMMAND, made(COMMAND, GIVEN), CHANGES, {})
    made.remove()
