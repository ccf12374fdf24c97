"""What an official plugin has answered, kept as facts that ours must reproduce.

A suite compares what the plugin answers with the file `answers.json` beside it. With `PLUGIN_DIR` and
`CYBERHUBS_RECORD=1` the file is written anew instead, by the official plugin of that directory.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from components.changes import IN_PLACE, REPLACES
from tests.support.plugin_client import Plugin, Secret, Values

NOTHING = (None, "", [], {})


class Answers:
    """`version`: of the plugin whose answers they are."""

    def __init__(self, file: Path, version: str):
        self._recording = os.environ.get("CYBERHUBS_RECORD") == "1"
        self._file = file
        self._known = {} if self._recording else json.loads(file.read_text())
        self._said: dict[str, Any] = {"version": version}

    def same(self, question: str, answer: Any, but: Mapping[str, str] | None = None) -> None:
        """The answer as it is known, with the texts `but` of this run by names that hold for all.

        Of what a plugin keeps for itself, and of what is nothing, it tells nothing.
        """
        text = json.dumps(_told(answer), sort_keys=True)
        for own, name in sorted((but or {}).items(), key=lambda pair: -len(pair[0])):
            text = text.replace(own, name)
        if self._recording:
            self._said[question] = json.loads(text)
        else:
            assert json.loads(text) == self._known[question], question

    def close(self) -> None:
        if self._recording:
            self._file.write_text(json.dumps(self._said, indent=1, sort_keys=True) + "\n")


@contextmanager
def answers(plugin: Plugin, suite: str) -> Iterator[Answers]:
    """Those of a plugin's suite, `__file__` of a test in it."""
    known = Answers(Path(suite).with_name("answers.json"), plugin.version().version)
    yield known
    known.close()


def ask(
    known: Answers,
    plugin: Plugin,
    token: str,
    one: tuple[str, Values, Values],
    changes: Values,
    own: Mapping[str, str],
) -> None:
    """All that the program may ask of a resource: `one` that was made (id, state and checked inputs), and
    each of its inputs with another value (None: not given any more). `own`: see `same`."""
    (id, state, checked), name = one, token.split(":")[-1]
    known.same(f"{name}: state", {k: v for k, v in state.items() if k != "id"}, own)
    inputs = {*IN_PLACE.get(token, ()), *REPLACES.get(token, ())}

    def decision(old: Values, new: Values) -> Values:
        """Which inputs changed, and which of them need a new resource, in the plugin's own opinion."""
        response = plugin.diff(token, old, new, id=id)
        changed, replaces = (
            sorted({path.split(".")[0].split("[")[0] for path in paths} & inputs)
            for paths in (response.detailedDiff, response.replaces)
        )
        return {"changed": changed, "replaces": replaces}

    known.same(f"{name}: no change", decision(state, checked))
    found = plugin.read(token, id, state, checked)[1]
    known.same(f"{name}: read, no change", decision(found, checked))
    assert inputs <= changes.keys()
    for key in inputs:
        new = {k: v for k, v in {**checked, key: changes[key]}.items() if v is not None}
        known.same(f"{name}: {key}", decision(state, plugin.check(token, new, checked)))


def _told(value: Any) -> Any:
    if isinstance(value, Secret):
        return {"secret": _told(value.value)} if value.value not in NOTHING else None
    if isinstance(value, Mapping):
        told = {name: _told(v) for name, v in value.items() if not name.startswith("__")}
        return {name: v for name, v in told.items() if v not in NOTHING}
    if isinstance(value, list):
        told = [_told(item) for item in value]
        # Of tables, the order means nothing.
        return sorted(told, key=json.dumps) if all(isinstance(t, dict) for t in told) else told
    return value
