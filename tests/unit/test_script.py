"""The idempotent scripts, run for real on a scratch directory: twice is the same as once."""

import os
import subprocess
from pathlib import Path

import pytest

from cyberhubs.layout import DataLayout
from cyberhubs.machine.script import call, called, digest, script
from tests.unit.recorder import PROJECT

UID, GID = os.getuid(), os.getgid()


def run(text: str, stdin: str = "") -> str:
    """What the script prints, both streams; raises AssertionError where it fails."""
    done = subprocess.run(
        ["/bin/sh", "-c", text],
        input=stdin,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def tree(root: Path) -> dict[str, tuple[str, bytes]]:
    """Path → mode and content."""
    return {
        str(path.relative_to(root)): (
            oct(path.stat().st_mode),
            path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(root.rglob("*"))
    }


def test_a_call_is_the_script_here_and_anywhere(tmp_path: Path) -> None:
    words = (str(tmp_path / "it's here"), UID, GID)
    command = call("data-directory", *words)
    assert len(command.splitlines()) == 1
    subprocess.run(["/bin/sh", "-c", command], cwd=PROJECT, check=True)
    assert called(command) == script("data-directory", *words)
    assert called(call("machine-id")) == script("machine-id")
    assert called("cat /etc/passwd") == "cat /etc/passwd"
    assert {path.name for path in (tmp_path / "it's here").iterdir()} >= {"hubs", "etc"}


def test_a_digest_is_of_the_scripts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("--then", call("firewall-confirm"))
    before = digest(call("machine-id"), *words)
    assert before and before == digest(call("machine-id"), *words)
    assert digest("true", "--engine") is None
    other = f"{script('firewall-confirm')}true\n"
    monkeypatch.setattr("cyberhubs.machine.script.script", lambda *_, **__: other)
    assert digest(call("machine-id"), *words) != before


def test_data_directory_twice(tmp_path: Path) -> None:
    data = tmp_path / "da ta"  # a space, since paths come from an operator
    run(script("data-directory", str(data), UID, GID))
    home = data / "jupyterhub_users" / "grace"
    home.mkdir()
    (home / "kept.ipynb").write_text("{}")
    once = tree(data)
    run(script("data-directory", str(data), UID, GID))
    assert tree(data) == once
    assert f"user:x:{UID}:{GID}:" in (data / "etc/passwd").read_text()


def hub_script(root: Path) -> str:
    hub = DataLayout(str(root)).hub("core")
    return script("hub-directories", hub.directory, hub.homes, hub.passes, hub.first_page, UID, GID)


def test_secrets_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    run(hub_script(tmp_path))
    once = tree(tmp_path)
    run(hub_script(tmp_path))
    assert tree(tmp_path) == once
    secrets = sorted((tmp_path / "hubs/core/secrets").iterdir())
    assert [path.name for path in secrets] == [
        "cookie_secret",
        "crypt_key",
        "password",
        "proxy_token",
    ]
    assert len({path.read_text() for path in secrets}) == 4
    assert {path.stat().st_mode & 0o777 for path in secrets} == {0o400}
    assert all(int(path.read_text(), 16) for path in secrets)


def test_a_half_written_secret_is_made_whole(tmp_path: Path) -> None:
    run(hub_script(tmp_path))
    token = tmp_path / "hubs/core/secrets/proxy_token"
    token.chmod(0o600)
    token.write_text("")
    run(hub_script(tmp_path))
    assert len(token.read_text()) == 64


@pytest.mark.parametrize("encoding, sent", [("text", "a\nb"), ("base64", "YQpi")])
def test_put_replaces_the_file_and_keeps_no_half_of_it(
    tmp_path: Path, encoding: str, sent: str
) -> None:
    path = tmp_path / "live" / "access"
    run(script("put-file", str(path), UID, GID, "0400", encoding), stdin=sent)
    first = path.stat().st_ino
    assert path.read_text() == "a\nb"
    run(script("put-file", str(path), UID, GID, "0400", encoding), stdin=sent)
    assert path.stat().st_ino != first  # a reader of the old one is not disturbed
    assert [entry.name for entry in path.parent.iterdir()] == ["access"]


@pytest.mark.skipif(UID != 0, reason="only root has rights to give up")
def test_what_root_has_put_back_is_given_to_its_owner(tmp_path: Path) -> None:
    """But for what is below a member's home, which is the member's own."""
    hub = DataLayout(str(tmp_path)).hub("core")
    text = script(
        "hub-directories", hub.directory, hub.homes, hub.passes, hub.first_page, 4711, 4712
    )
    run(text)
    state, home = Path(hub.directory, "state"), Path(hub.homes, "grace")
    home.mkdir()
    (state / "audit.jsonl").touch()
    (state / "elsewhere").symlink_to(home)
    os.chown(state, 0, 0)
    os.chown(hub.homes, 0, 0)
    assert f"{state}" in run(text)
    for path in (state, state / "audit.jsonl", state / "elsewhere", Path(hub.homes)):
        assert (path.lstat().st_uid, path.lstat().st_gid) == (4711, 4712)
    assert home.stat().st_uid == 0
    assert run(text) == ""
    owners = script("file-owner", str(tmp_path / "jupyterhub_users"), 4711)
    assert run(owners) == f"0 {home}\n"
    os.chown(home, 4711, 4712)
    assert run(owners) == ""
    (home / "work").mkdir()
    (home / "work/restored").touch()
    os.chown(home / "work", 4711, 4712)
    assert run(owners) == f"0 {home}\n"


@pytest.mark.skipif(UID != 0, reason="only root has rights to give up")
def test_an_operator_who_is_not_root_is_told_which_user_to_set(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    done = subprocess.run(
        ["/bin/sh", "-c", script("data-directory", str(tmp_path / "data"), 1000, 1000)],
        user=65534,
        group=65534,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "set cyberhubs:user to {uid: 65534, gid: 65534}" in done.stderr
    assert not (tmp_path / "data").exists()


def test_what_a_state_of_before_calls_is_found() -> None:
    assert called("sh cyberhubs/machine/setup/leave.sh a b 'c d'") == script(
        "teardown", "a", "b", "c d"
    )
    assert called("sh cyberhubs/machine/scripts/stack/check.sh hub") == script("smoke", "hub")
