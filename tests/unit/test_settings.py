"""What a stack file may say, and what the settings make of it."""

import json
from pathlib import Path

import pytest
import yaml

from cyberhubs.settings import Settings, SettingsError, load, load_file
from tests.support.stack_values import CORE, EXAMPLES, GOOD, STACKS, changed, write


def test_settings_are_complete(tmp_path):
    (tmp_path / "logo.svg").write_text("<svg/>")
    raw = changed(
        ((*CORE, "limits", "memory"), "1.5G"),
        ((*CORE, "logo"), "logo.svg"),
        (("host", "data", "path"), "~/cyberhubs-data/"),
        (
            (*CORE, "data"),
            [
                {"name": "data", "source": "/mnt/data", "target": "/data", "access": "read-only"},
                {"source": "/mnt/user", "target": "/user", "access": "read-write"},
            ],
        ),
    )
    settings = load(raw, "test", tmp_path)
    assert settings == load_file(write(tmp_path, raw), "test")
    (hub,) = settings.hubs
    assert (hub.name, hub.title, hub.prefix) == ("core", "Core hub", "/core/")
    assert hub.limits.memory_bytes == 3 * 2**29
    assert [(str(space.target), space.access) for space in hub.data] == [
        ("/data", "read-only"),
        ("/user", "read-write"),
    ]
    assert hub.logo == tmp_path / "logo.svg"
    assert hub.access_lists.admins == {"ada"}
    assert hub.idle.after_minutes == 1440
    assert list(hub.applications) == list(settings.applications)
    assert settings.url == "http://127.0.0.1:8000/"
    assert settings.hub_url(hub) == "http://127.0.0.1:8000/core/"
    assert settings.host.data_path == str(Path.home() / "cyberhubs-data")
    assert (settings.user.uid, settings.user.gid) == (1000, 1000)
    assert settings.warnings == ()
    assert load(changed(((*CORE, "title"), ...)), "test").hubs[0].title == "core"


@pytest.mark.parametrize(
    ("port", "url"),
    [(443, "https://hub.example.org/"), (8443, "https://hub.example.org:8443/")],
)
def test_addresses_of_a_domain(port, url):
    tls = {"mode": "internal", "listen": "127.0.0.1", "port": port}
    settings = load(changed((("tls",), tls), (("domain",), "Hub.example.org.")), "test")
    assert settings.url == url
    assert settings.hub_url(settings.hubs[0]) == f"{url}core/"


@pytest.mark.parametrize("stack", ["", "Local", "a.b", "a_b", "-a", "x" * 31, "org/a"])
def test_stack_names(stack):
    with pytest.raises(SettingsError, match=r"the stack's name .* cannot be part of"):
        load(GOOD, stack)


@pytest.mark.parametrize(
    ("access", "warning"),
    [
        ({}, "is open to everyone who knows the password — write everyone: true"),
        ({"admins": ["ada"], "blocked": ["mallory"]}, "is open to everyone"),
        ({"allowed": ["grace", "ada"], "blocked": ["Grace"]}, "grace is both allowed and blocked"),
        ({"everyone": True}, None),
        ({"everyone": False}, None),
        ({"allowed": ["grace"]}, None),
        ({"openUntil": "2999-12-31T00:00:00Z"}, None),
    ],
)
def test_warnings(access, warning):
    warnings = load(changed(((*CORE, "access"), access)), "test").warnings
    assert len(warnings) == (warning is not None)
    assert warning is None or warning in warnings[0]


def test_names_from_a_file(tmp_path):
    names = tmp_path / "class.txt"
    raw = changed(((*CORE, "access", "allowed"), {"file": "class.txt"}))
    names.write_text("\ufeff# the class\nAda\n\n grace  # since May\n", encoding="utf-8")
    assert load(raw, "test", tmp_path).hubs[0].access_lists.allowed == {"ada", "grace"}
    names.write_text("\n".join(f"member-{number}" for number in range(5000)))
    assert len(load(raw, "test", tmp_path).hubs[0].access.allowed) == 5000
    for content, says in [
        (b"member-0\n" * 5001, "more than 5000 names"),
        (b"ada\na b\ngrace\n../x\n", r"'a b' \(line 2\), '../x' \(line 4\)"),
        (b"# nobody\n", "holds no name"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
    ]:
        names.write_bytes(content)
        with pytest.raises(SettingsError, match=says):
            load(raw, "test", tmp_path)


def test_site_certificates(tmp_path):
    block = "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----"
    (tmp_path / "sub").mkdir()
    (tmp_path / "b.crt").write_text(f"a comment\n{block.format('BBBB')}\n{block.format('AAAA')}\n")
    (tmp_path / "sub" / "a.pem").write_text(block.format("AAAA"))
    (tmp_path / "c.key").write_text(block.format("CCCC"))
    raw = changed((("images",), {"siteCertificates": [str(tmp_path)]}))
    pem = load(raw, "test").images.site_certificates_pem()
    assert pem == f"{block.format('AAAA')}\n{block.format('BBBB')}\n"
    raw["images"]["siteCertificates"] = [str(tmp_path / "sub" / "none")]
    (tmp_path / "sub" / "none").write_text("")
    with pytest.raises(SettingsError, match="holds no certificate"):
        load(raw, "test")


def test_more_site_certificates_than_a_build_takes(tmp_path):
    block = "-----BEGIN CERTIFICATE-----\n{:01000}\n-----END CERTIFICATE-----\n"
    (tmp_path / "all.crt").write_text("".join(map(block.format, range(150))))
    raw = changed((("images",), {"siteCertificates": [str(tmp_path)]}))
    with pytest.raises(SettingsError, match=r"images: the certificates in .* are 1\d\d KB.*alone"):
        load(raw, "test")


@pytest.mark.parametrize("file", [*STACKS, *EXAMPLES], ids=lambda file: file.name)
def test_committed_stacks_load(file):
    name = file.name.split(".")[1]
    by_file = load_file(file, name)
    config = yaml.safe_load(file.read_text())["config"]
    raw = {key.removeprefix("cyberhubs:"): value for key, value in config.items()}
    by_value: Settings = load(json.loads(json.dumps(raw)), name, file.parent)
    assert by_file == by_value
    assert by_file.warnings == ()
