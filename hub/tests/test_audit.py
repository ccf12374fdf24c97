import json
from pathlib import Path

import pytest
from cyberhubs_hub import audit as module
from cyberhubs_hub.audit import Audit
from cyberhubs_hub.enforcer import changes
from cyberhubs_hub.shared.access_rules import AccessLists


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_two_write_to_one_file_that_is_renamed_when_it_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "audit.jsonl"
    hub, enforcer = Audit(path), Audit(path)
    hub.write("login", user="ada")
    enforcer.rotate()
    assert len(lines(path)) == 1  # it was not full
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    for number in range(module.KEPT + 2):
        enforcer.write("removed", user=f"r{number}")
        enforcer.rotate()
        hub.write("login", user=f"h{number}")
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == ["audit.jsonl", *(f"audit.jsonl.{n}" for n in range(1, module.KEPT + 1))]
    assert [line["user"] for line in lines(path)] == ["h6"]
    assert [line["user"] for line in lines(tmp_path / "audit.jsonl.1")] == ["h5", "r6"]


def test_a_line_is_a_line_whatever_a_name_holds(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    Audit(path).write("refused", user='a"\n{"event": "login"}')
    assert [line["event"] for line in lines(path)] == ["refused"]


def test_no_text_of_somebody_s_makes_a_long_line(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    Audit(path).write("refused", user="a" * 2**22, rule="name", server=True)
    assert lines(path)[0]["user"] == "a" * module.MOST_TEXT
    assert path.stat().st_size < 500


@pytest.mark.parametrize(
    ("path", "reason"), [("/dev/full", "No space left"), ("/no/such/folder", "No such file")]
)
def test_what_cannot_be_written_stops_nobody(
    path: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    Audit(Path(path)).write("login", user="ada")
    [said] = caplog.messages
    assert reason in said and '"user": "ada"' in said


def test_what_has_changed_in_the_lists() -> None:
    before = AccessLists(admins=frozenset({"ada"}), allowed=frozenset({"grace", "eve"}))
    after = AccessLists(
        admins=frozenset({"ada"}), allowed=frozenset({"grace", "katherine"}), everyone=False
    )
    assert changes(before, after) == {
        "allowed": {"added": ["katherine"], "removed": ["eve"]},
        "everyone": False,
    }
    assert changes(after, after) == {}
