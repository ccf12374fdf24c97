"""`make rotate` without a name: what there is to renew, by a command or by hand."""

from pathlib import Path
from typing import Any

import pytest

from cyberhubs.ops.rotate import rotate
from cyberhubs.ops.stack import Stack
from tests.support.certificates import Authority
from tests.support.stack_values import SSH, changed, write

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n-----END OPENSSH PRIVATE KEY-----"
SSHFS = {
    **{"host": "files.example.org", "user": "hub", "path": "/data", "privateKey": KEY},
    "hostKey": SSH["ssh"]["hostKey"],
}
DOMAIN = "hub.example.org"


def listed(folder: Path, capsys: pytest.CaptureFixture[str], raw: dict[str, Any]) -> str:
    stack = Stack("test")
    stack.file = write(folder, raw)
    rotate(stack)
    return capsys.readouterr().out


def test_what_others_give_out_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    certificate, key = Authority().issue(DOMAIN)
    raw = changed(
        (("host",), SSH),
        (("domain",), DOMAIN),
        (
            ("tls",),
            {"mode": "files", "listen": "127.0.0.1", "certificate": certificate, "key": key},
        ),
        (("registries",), {"a.example": {"user": "ada", "password": "hunter3"}}),
        (
            ("mounts",),
            {
                "survey": {"sshfs": SSHFS},
                "lake": {"rclone": {"type": "s3", "secrets": {"secret_access_key": "hunter4"}}},
                "public": {"rclone": {"type": "http", "options": {"url": "https://example.org"}}},
                "old": {"nfs": {"server": "files.example.org", "path": "/old"}},
            },
        ),
    )
    said = listed(tmp_path, capsys, raw)
    assert said.splitlines()[-1] == (
        "By hand, as docs/how-to/rotate-secrets.md says: the login of a.example, what opens mount lake, what opens "
        "mount survey, the certificate's key."
    )
    assert "SECRET=ssh-key" in said and "hunter" not in said


def test_nothing_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "By hand" not in listed(tmp_path, capsys, changed())
