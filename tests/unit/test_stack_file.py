"""The stack file's YAML: read as Pulumi reads it, and what is said when it cannot be read."""

from typing import Any

import pytest

from cyberhubs.settings import SettingsError, load_file
from cyberhubs.settings.stack_file import read_stack_file

# What stands in the file, and what Pulumi hands to the program (pulumi/sdk v3.253.0).
WORDS: dict[str, Any] = {
    "yes": "yes", "No": "No", "on": "on", "y": "y", "true": True, "TRUE": True, "tRue": "tRue",
    "False": False, "~": None, "null": None, "NULL": None, "nULL": "nULL", "''": "",
    "0123": 83, "+0123": 83, "-0123": -83, "0o17": 15, "0o18": "0o18", "0x1F": 31, "0x": "0x",
    "0b11": 3, "0b12": "0b12", "08": 8, "0777_7": 4095, "1_000": 1000, "_1": "_1", "1__0": 10,
    "09.5": 9.5, "1e3": 1000, "1.5e1": 15, "1e-3": 0.001, "1.0e+20": 10**20, "1e400": "1e400",
    ".5": 0.5, "5.": 5, "2.0": 2, "-3": -3, "+.5": 0.5, ".": ".", "=": "=",
    "1:30": "1:30", "12:30:45": "12:30:45", "1.2.3": "1.2.3", "2G": "2G", "1,5": "1,5",
    "18446744073709551615": 2**64 - 1, "18446744073709551616": 2**64, "20261231": 20261231,
    "2026-12-31": "2026-12-31 00:00:00 +0000 UTC", "2026-1-2": "2026-01-02 00:00:00 +0000 UTC",
    "2026-12-31T10:00:00Z": "2026-12-31 10:00:00 +0000 UTC",
    "2026-12-31T10:00:00+02:00": "2026-12-31 10:00:00 +0200 +0200",
    "2026-12-31 10:00:00.5": "2026-12-31 10:00:00.5 +0000 UTC",
    "2026-12-31T10:00:00": "2026-12-31T10:00:00", "2026-02-30": "2026-02-30",
    '"2026-12-31"': "2026-12-31", "'0123'": "0123", "!!str 0123": "0123", '!!int "5"': 5,
    "!!float 3": 3, "!mine 5": "5", "'it''s'": "it's", '"a\\nb"': "a\nb",
    "{<<: {a: 1, b: 3}, b: 2}": {"a": 1, "b": 2}, "[x, &b {c: 1}, *b]": ["x", {"c": 1}, {"c": 1}],
    "{83: x, true: y, 1e3: z, yes: w}": {"83": "x", "true": "y", "1000": "z", "yes": "w"},
}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), WORDS.items())
def test_words_are_what_pulumi_reads(text, value, tmp_path):
    file = tmp_path / "Pulumi.test.yaml"
    file.write_text(f"config:\n  cyberhubs:host:\n    v: {text}\n")
    read = read_stack_file(file)[0]["host"]["v"]
    assert read == value and type(read) is type(value)


def test_keys_that_are_ours(tmp_path):
    file = tmp_path / "Pulumi.test.yaml"
    file.write_text("""\
encryptionsalt: v1:abc
config:
  openstack:region: here
  cyberhubs:user:
  host:
    kind: local
  cyberhubs:hubs: {a: [x, {secure: v1:def}]}
""")
    values, lines = read_stack_file(file)
    assert list(values) == ["user", "host", "hubs"]
    assert values["user"] == ""  # as Pulumi hands over a key without a value
    assert values["host"] == {"kind": "local"}
    assert values["hubs"]["a"][1].get_secret_value() == "[secret]"
    assert lines["host", "kind"] == 6 and lines["hubs", "a", 1] == 7


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("config:\n  a: [1\n", r"line 3: not valid YAML, .* that begins in line 2 — check"),
        ("config:\n\ta: 1\n", r"line 2: not valid YAML, found character '\\t'"),
        ("config:\n   a: 1\n  b: 2\n", "line 3: not valid YAML"),
        ('config:\n  a: "x\n', "line 3: not valid YAML, .* that begins in line 2"),
        ("config:\n  a: *x\n", "line 2: not valid YAML, found undefined alias 'x'"),
        ("config:\n  cyberhubs:host: &a [*a]\n", "an anchor contains itself"),
        ("config:\n  ? [a]\n  : 1\n", "line 2: .*a key is a list or mapping"),
        (
            "config:\n  cyberhubs:hubs:\n    core: {}\n    core: {}\n",
            "line 4: .*the key 'core' is there twice, first in line 3",
        ),
        ("config:\n  host: {}\n  cyberhubs:host: {}\n", "as host and as cyberhubs:host"),
        ("a: 1\n---\nb: 2\n", "line 2: .*another document"),
        ("", "has nothing below config:"),
        ("config:\n", "has nothing below config:"),
        ("config: [a]\n", "has nothing below config:"),
        ("cofnig:\n  a: 1\n", r"cofnig \(line 1\): is not a known key — did you mean config\?"),
        ("- a\n", "is not a mapping — begin with the line config:"),
        ("config: {}\n", "cyberhubs:hubs: is missing"),
        (b"config:\n  a: \xff\n", "cannot be read as YAML"),
        (b"config:\n  a: \x00\n", "cannot be read as YAML"),
        ("config: " + "[" * 5000, "brackets nest too deeply"),
    ],
)
def test_unreadable_files(content, says, tmp_path):
    file = tmp_path / "Pulumi.test.yaml"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(SettingsError, match=says):
        load_file(file, "test")


def test_missing_file_names_those_that_are_there(tmp_path):
    with pytest.raises(SettingsError, match="there are none"):
        load_file(tmp_path / "Pulumi.test.yaml", "test")
    for name in ("one", "two"):
        (tmp_path / f"Pulumi.{name}.yaml").write_text("config: {}\n")
    with pytest.raises(SettingsError, match="there are: one, two — choose one"):
        load_file(tmp_path / "Pulumi.test.yaml", "test")
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        load_file(tmp_path, "test")
