"""`make changes` of a branch, as a pull request runs it: what it says of people, with no secret at hand."""

import re
import shutil
from collections.abc import Iterator

import pytest

from tests.support.branch import SECOND_HUB, Branch
from tests.support.deployment import PROJECT


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Branch:
    return Branch(tmp_path_factory.mktemp("changes") / "project")


@pytest.fixture
def branch(made: Branch) -> Iterator[Branch]:
    yield made
    made.back()


def test_an_edit_that_changes_nothing(branch: Branch) -> None:
    branch.edit(("# yours: the", "# ours: the"))
    branch.edit(("# ", "## "), path="README.md")
    printed, comment = branch.changes()
    assert "Nothing changes." in printed
    assert comment.splitlines()[0] == "<!-- cyberhubs changes -->"
    assert comment.splitlines()[-1] == "Nothing changes for arbutus."


@pytest.mark.slow
def test_a_change_that_touches_nobody(branch: Branch) -> None:
    branch.edit(("alone\n", "alone # here\n"), path="cyberhubs/machine/scripts/setup/packages.sh")
    printed, comment = branch.changes()
    line = "This change touches nobody: no access, no running server, no address."
    assert line in printed and line in comment.splitlines()
    assert "~ host-packages  (environment)" in comment


STOPS = "a running server of theirs stops as soon as the update writes the lists."


# Several at once, which do not touch each other: text and what is put in its place, topic, lines of it.
Edit = tuple[str, str, str, list[str]]
REMOVED = (
    "class is removed. Its members' servers stop at once, and its address ends; their files stay in "
    "/mnt/jupyterhub_users/class."
)
DAY_TO_DAY: list[Edit] = [
    (
        '"grace", "katherine"',
        '"katherine", "dorothy"',
        "Who may enter",
        [
            "core: dorothy gains access (allowed).",
            f"core: grace loses access (no longer on allowed); {STOPS}",
        ],
    ),
    (SECOND_HUB, "", "Hubs", [REMOVED]),
    (
        "sizeGb: 500",
        "sizeGb: 800",
        "The machine",
        [
            "the volume grows from 500 to 800 GB, with everything running.",
            "set up anew, with everything running: grow (500 → 800), limits (1024 → 768), firewall (192.0.2.0/24 → "
            "198.51.100.0/24).",
        ],
    ),
    (
        "from: [192.0.2.0/24]",
        "from: [198.51.100.0/24]",
        "Open to others",
        [
            "the machine answers ssh from 198.51.100.0/24.",
            "the machine no longer answers ssh from 192.0.2.0/24.",
        ],
    ),
    (
        "memory: 2G, cpus: 1",
        "memory: 4G, cpus: 1",
        "Members' servers",
        ["core: from their next start, servers may take memory 4G (before: 2G)."],
    ),
    (
        "interface: choose",
        "interface: lab",
        "Cut off meanwhile",
        [
            "core: nobody can log in or start a server for about 10 s. Running servers and kernels go on."
        ],
    ),
    (
        "hub.example.org",
        "hubs.example.org",
        "Members' servers",
        [
            "core: GitHub sends people to https://hubs.example.org/core/hub/oauth_callback: the OAuth app has to say so."
        ],
    ),
]
MISTAKES: list[Edit] = [
    (
        '["grace", "katherine"]',
        "[]",
        "Who may enter",
        [
            "core: everyone with an account gains access, as no list says any more whom to admit.",
        ],
    ),
    (
        '["grace", "katherine"]',
        "[]",
        "Rules",
        [
            "core admits everyone with an account, as no list says whom: write everyone: true if that is meant. "
            "(warning: open-hub-stated)"
        ],
    ),
    (
        "sizeGb: 500",
        "sizeGb: 50",
        "Cannot be done",
        [
            "the volume would shrink from 500 to 50 GB: no cloud does that, and the update would stop there."
        ],
    ),
    (
        'access: {organizations: ["my-org"]}',
        "access: {everyone: true}",
        "Who may enter",
        ["class: everyone with an account gains access, by everyone: true."],
    ),
]
A_RENAME_AND_ANOTHER_MACHINE: list[Edit] = [
    (
        "    class:\n",
        "    course:\n",
        "Hubs",
        [
            f"{REMOVED} If it is to go on as course, that one has another address, and empty homes: keep the name and "
            "change its title; or see docs/how-to/hubs.md for how to move the homes.",
            "course is new: 0 names and members of my-org may enter.",
        ],
    ),
    (
        "p4-15gb",
        "p8-30gb",
        "Cut off meanwhile",
        [
            "everyone: the machine is replaced (another flavor). All running servers stop, with their kernels, and the "
            "hubs are away for about 5 min; files, logins and the address stay."
        ],
    ),
]


@pytest.mark.parametrize(
    "edits",
    [
        DAY_TO_DAY,
        *(
            pytest.param(edits, marks=pytest.mark.slow)
            for edits in (MISTAKES, A_RENAME_AND_ANOTHER_MACHINE)
        ),
    ],
    ids=["day-to-day", "mistakes", "rename-and-machine"],
)
def test_a_branch(branch: Branch, edits: list[Edit]) -> None:
    branch.edit(*{old: new for old, new, _, _ in edits}.items())
    printed, comment = branch.changes()
    for _, _, topic, lines in edits:
        assert [line for line in lines if line not in section(printed, topic)] == [], printed
        assert f"**{topic}**" in comment


def section(printed: str, topic: str) -> list[str]:
    """The lines below a heading."""
    lines = printed.splitlines()
    begin = lines.index(f"  {topic}:") + 1
    rest = [
        line.removeprefix("    ") if line.startswith("    ") else None for line in lines[begin:]
    ]
    return rest[: rest.index(None)]  # pyright: ignore[reportReturnType]


@pytest.mark.slow
def test_what_would_be_lost_comes_first_and_bold(branch: Branch) -> None:
    branch.edit(
        ("{pool: Public-Network}", "{address: 206.12.1.2}"),
        ("sizeGb: 500", "volumeId: 6c0f1a52-8d0e-4a5c-9a53-0f1f3f0a7a11"),
        ('"grace", ', ""),
    )
    printed, comment = branch.changes()
    headings = [line for line in comment.splitlines() if re.fullmatch(r"\*\*[\w' ]+\*\*", line)]
    assert headings[:2] == ["**Would be lost**", "**Who may enter**"]
    refused = (
        "It is protected: the update refuses it and stops, until somebody takes that away by hand."
    )
    for line in (
        f"the volume with all members' files and the hubs' databases. {refused}",
        "the public address: the hubs get another one, and the domain leads nowhere until its record says so. "
        + refused,
    ):
        assert line in section(printed, "Would be lost")
        assert f"- **{line}**" in comment


@pytest.mark.slow
def test_another_server_is_told_by_its_address_and_host_key(branch: Branch) -> None:
    server = "stacks/Pulumi.server.yaml"
    shutil.copy(PROJECT / server, branch.directory / server)
    branch.git("add", "--force", server)
    branch.git("commit", "--quiet", "--message=a server")
    branch.git("branch", "--force", "servers")
    branch.edit(("192.0.2.10", "192.0.2.99"), ("AULk5DAGW0rE", "AULk5DAGAAAA"), path=server)
    printed, comment = branch.changes("--base", "servers", "--stack", "server")
    (lost,) = section(printed, "Would be lost")
    assert lost.startswith("all that is on the machine at 192.0.2.10, as the one at 192.0.2.99 is")
    assert "\n- **all that is on the machine at 192.0.2.10" in comment
    assert len(section(printed, "Cut off meanwhile")) == 1
    assert "The update takes about 3 min." in printed


TEAMS = """\
  cyberhubs:teams:
    my-org:class: {members: [grace, mary]}
"""


@pytest.mark.slow
def test_members_of_a_team(branch: Branch) -> None:
    """Of which nobody at GitHub is asked."""
    branch.edit(("  cyberhubs:domain", f"{TEAMS}  cyberhubs:domain"))
    branch.git("branch", "--force", "teams")
    branch.edit(("[grace, mary]", "[mary, dorothy]"))
    printed, comment = branch.changes("--base", "teams")
    assert section(printed, "Who may enter") == [
        "team my-org:class: dorothy gains what hubs give its members.",
        f"team my-org:class: grace loses what hubs give its members; {STOPS}",
    ]
    assert "team my-org:class: grace loses" in comment


@pytest.mark.slow
def test_an_image_and_a_part_of_the_program(branch: Branch) -> None:
    branch.edit(("FROM", "# another line\nFROM"), path="images/corehub/Dockerfile")
    branch.edit(("protect=True", "protect=False"), path="components/host/cloud_server.py")
    printed, _ = branch.changes(fails=True)  # as it breaks a rule
    assert section(printed, "Images") == [
        "corehub is built and tried. Members get it at their next start; running servers keep the one they have."
    ]
    assert section(printed, "Would be lost") == [
        "the protection of the volume: a later change can delete it.",
        "the protection of the public address: a later change can delete it.",
    ]


@pytest.mark.slow
def test_a_broken_rule_and_one_that_is_waived(branch: Branch) -> None:
    branch.edit(
        ("from: [192.0.2.0/24]", ""),
        ("  cyberhubs:tls", "  cyberhubs:images: {base: 'debian:trixie-slim'}\n  cyberhubs:tls"),
        (
            "  cyberhubs:tls",
            "  cyberhubs:waivers: {images-pinned: 'we *test* it'}\n  cyberhubs:tls",
        ),
    )
    printed, comment = branch.changes(fails=True)
    broken = (
        "ssh (port 22) is answered to everybody: name the networks that may use it, under `ssh.from` of "
        "`cyberhubs:host`. (error: ssh-restricted)"
    )
    waived = "images come from debian:trixie-slim, a tag that may move. (waived: images-pinned, we *test* it)"
    assert section(printed, "Rules") == [broken, waived]
    assert "arbutus breaks ssh-restricted: see Rules above." in printed.splitlines()[-1]
    assert "(error: ssh-restricted)" in comment and r"we \*test\* it" in comment


@pytest.mark.slow
def test_a_secret_that_is_not_encrypted(branch: Branch) -> None:
    secret = "d34db33f" * 5
    branch.edit(("clientSecret: {secure: v1:gone:gone}", f"clientSecret: {secret}"))
    printed, comment = branch.changes(fails=True)
    (line,) = section(printed, "Rules")
    assert line.startswith("cyberhubs:hubs.class.login.clientSecret is in plain text: renew it")
    assert "(error: secrets-encrypted)" in line and "(error: secrets-encrypted)" in comment
    assert secret not in printed + comment


@pytest.mark.slow
def test_what_is_not_committed_counts(branch: Branch) -> None:
    branch.file.write_text(branch.file.read_text().replace('"grace", ', ""))
    shutil.copy(branch.file, branch.directory / "stacks/Pulumi.new.yaml")
    printed, comment = branch.changes()
    assert "grace loses access" in printed
    assert "It is new." in comment and "core is new: 2 names may enter." in printed


def test_a_malformed_stack_file(branch: Branch) -> None:
    branch.edit(("flavor: p4-15gb", "flavour: p4-15gb"))
    printed, comment = branch.changes(fails=True)
    for shown in printed, comment:
        assert "cyberhubs:host.openstack.flavour (line" in shown or "host.flavour (line" in shown
        assert "did you mean flavor?" in shown


@pytest.mark.slow
def test_a_stack_that_is_taken_away(branch: Branch) -> None:
    branch.git("rm", "--quiet", "stacks/Pulumi.arbutus.yaml")
    printed, comment = branch.changes()
    for shown in printed, comment:
        assert (
            "Its stack file is gone, and nothing stops its hubs: `make down` before that" in shown
        )


@pytest.mark.slow
def test_a_strangers_text_is_shown_and_does_nothing(branch: Branch) -> None:
    branch.edit(
        ("title: Core hub", 'title: "@my-org/all **hi** <b>x</b> [y](https://example.org)"')
    )
    _, comment = branch.changes()
    assert "@my-org" not in comment
    assert r"\*\*hi\*\* \<b\>x\</b\> \[y\](https" in comment


def test_a_base_that_is_not_there(branch: Branch) -> None:
    printed, _ = branch.changes("--base", "origin/main", fails=True)
    assert "git finds no common commit with origin/main" in printed
    assert "git fetch --unshallow origin" in printed
