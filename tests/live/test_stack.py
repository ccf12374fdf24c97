"""One stack, as its operator lives with it."""

import json
import os
import re
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tests.support.deployment import Deployment, changes
from tests.support.member import Member, Refused


def test_up_again_changes_nothing(deployment: Deployment) -> None:
    said = deployment.make("up")
    assert set(changes(said)) == {"unchanged"}
    assert "GiB: " in said and "servers of core at their limit of 1.0 GiB fit" in said


def test_plain_pulumi_works_and_sees_no_change(deployment: Deployment) -> None:
    printed = deployment.pulumi("preview", "--expect-no-changes")
    assert "unchanged" in printed


def test_refresh_finds_everything_as_it_was_made(deployment: Deployment) -> None:
    printed = deployment.pulumi("refresh", "--yes", "--expect-no-changes")
    assert "unchanged" in printed


def test_a_preview_says_what_it_means_for_people(deployment: Deployment, tmp_path: Path) -> None:
    assert deployment.ops("preview").endswith("In plain words:\nNothing changes.\n")

    def change(config: dict) -> None:
        hub = config["cyberhubs:hubs"]["core"]
        hub["access"]["blocked"].append("grace")
        hub["access"]["allowed"].append("dorothy")
        hub["limits"]["memory"] = "2G"

    kept = deployment.file.read_text()
    deployment.edit(change)
    comment = tmp_path / "comment.md"
    printed = deployment.ops("preview", "--markdown", str(comment))
    for line in (
        "core: dorothy gains access (allowed).",
        "core: grace loses access (blocked); a running server of theirs stops as soon as the update writes the lists.",
        "core: nobody can log in or start a server for about 10 s. Running servers and kernels go on.",
        "core: from their next start, servers may take memory 2G (before: 1G).",
    ):
        assert f"  {line}\n" in printed
        assert f"- {line}\n" in comment.read_text()
    assert "± core-hub  (mounts)" in comment.read_text()
    deployment.write(kept)
    assert set(changes(deployment.ops("up"))) == {"unchanged"}


@pytest.mark.slow
def test_a_preview_of_what_there_is(deployment: Deployment) -> None:
    deployment.engine.containers.get(f"cyberhubs.{deployment.stack}.core.hub").remove(force=True)
    assert "Nothing changes." in deployment.ops("preview")
    printed = deployment.ops("preview", "--refresh")
    assert "core: its hub is not there any more, and is made again." in printed
    deployment.ops("up")


def test_output_is_json_alone_and_hides_secrets(deployment: Deployment) -> None:
    printed = subprocess.run(
        ["make", "output", f"STACK={deployment.stack}"],
        cwd=deployment.directory,
        env=deployment.environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    outputs = json.loads(printed)
    assert outputs["url"] == deployment.front
    assert outputs["hubs"] == {"core": deployment.url}
    assert deployment.password not in printed
    assert deployment.password in deployment.ops("password")


def test_status_and_logs_show_the_hub(deployment: Deployment) -> None:
    status = deployment.ops("status")
    assert "up, JupyterHub 6.1.1" in status
    assert "GiB and" in status
    logs = deployment.ops("logs")
    assert "core/hub |" in logs and "front/door |" in logs
    assert "backup" not in status
    assert "GiB: " in status and "servers of core at their limit of 1.0 GiB fit" in status


def test_status_says_when_a_backup_was_done(deployment: Deployment) -> None:
    mark = deployment.data / "jupyterhub_users/core/.backup-done"
    mark.touch()
    ago = time.time() - 3.5 * 3600
    os.utime(mark, (ago, ago))
    assert re.search(r"^  backup +3 hours ago$", deployment.ops("status"), re.M)
    mark.unlink()


def test_logs_of_a_hub_a_member_and_a_time(deployment: Deployment) -> None:
    assert "front/door |" not in deployment.ops("logs", "--hub", "core")
    assert "grace has no server on hub core now" in deployment.ops(
        "logs", "--user", "grace", fails=True
    )
    assert "such as 30m, 2h or 1d" in deployment.ops("logs", "--since", "yesterday", fails=True)
    with Member(deployment.url, "grace") as grace:
        grace.sign_in(deployment.password).start()
        said = deployment.ops("logs", "--user", "grace").splitlines()
        assert said and all(line.startswith("core/grace | ") for line in said)
        assert "User logged in: grace" in deployment.ops("logs", "--since", "1m")
        grace.stop()


def test_listens_on_loopback_only(deployment: Deployment) -> None:
    published = {
        (binding["HostIp"], binding["HostPort"])
        for name in deployment.containers()
        for bindings in deployment.engine.containers.get(name).ports.values()
        for binding in bindings or ()
    }
    assert published == {("127.0.0.1", str(deployment.port))}


def test_no_secret_is_readable(deployment: Deployment) -> None:
    with Member(deployment.url, "grace") as grace:
        grace.sign_in(deployment.password).start()
        secrets = [path.read_text() for path in (deployment.data / "hubs/core/secrets").iterdir()]
        secrets.append((deployment.home / "passphrase").read_text().strip())
        assert len(secrets) == 5
        seen = {
            "state": deployment.pulumi("stack", "export"),
            "ps": subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout,
            "logs": deployment.ops("logs"),
        }
        for name in deployment.containers():
            container = deployment.engine.containers.get(name)
            seen[f"inspect {name}"] = json.dumps(container.attrs)
            seen[f"history {name}"] = json.dumps(
                deployment.engine.api.history(container.attrs["Image"])
            )
        grace.stop()
    found = [place for place, text in seen.items() for secret in secrets if secret in text]
    assert found == []


@pytest.mark.parametrize("name", ["mallory", "hopper"], ids=["blocked", "not listed"])
def test_refused_with_a_reason(deployment: Deployment, name: str) -> None:
    with Member(deployment.url, name) as member, pytest.raises(Refused, match=name):
        member.sign_in(deployment.password)


def test_wrong_password_is_refused(deployment: Deployment) -> None:
    with Member(deployment.url, "grace") as member, pytest.raises(Refused):
        member.sign_in("not the password")


def test_another_uid_is_refused_while_files_belong_to_this_one(deployment: Deployment) -> None:
    started = deployment.started()
    deployment.edit(lambda config: config["cyberhubs:user"].update(uid=12399))
    said = deployment.ops("up", fails=True)
    assert "belong to uid 12345" in said and "chown -R 12399:12346" in said
    assert deployment.started() == started
    assert set(changes(deployment.put_right().ops("up"))) == {"unchanged"}


def test_list_edit_changes_one_file_and_restarts_nothing(deployment: Deployment) -> None:
    before = deployment.container("hub").attrs["State"]["StartedAt"]
    deployment.edit(
        lambda config: config["cyberhubs:hubs"]["core"]["access"]["allowed"].append("hopper")
    )
    changed = changes(deployment.ops("up"))
    assert changed["updated"] == 1
    assert set(changed) == {"updated", "unchanged"}
    assert deployment.container("hub").attrs["State"]["StartedAt"] == before
    with Member(deployment.url, "hopper") as hopper:
        hopper.sign_in(deployment.password)


def test_down_keeps_members_files_and_up_finds_them(deployment: Deployment) -> None:
    with Member(deployment.url, "katherine") as katherine:
        katherine.sign_in(deployment.password).start()
        katherine.kernel().run("print('orbit', file=open('kept.txt', 'w'))")
        password = deployment.password
        down = deployment.ops("down")
        assert str(deployment.data) in down
        assert deployment.containers() == []
        assert deployment.networks() == []
        kept = deployment.data / "jupyterhub_users/core/katherine/kept.txt"
        assert kept.read_text() == "orbit\n"
        assert (kept.stat().st_uid, kept.stat().st_gid) == (12345, 12346)
        deployment.ops("up")
        assert deployment.password == password
        # Still signed in: the hub's database and cookie secret are the same.
        katherine.start()
        assert katherine.kernel().run("print(open('kept.txt').read())") == "orbit"
        katherine.stop()


def test_ten_at_once_all_get_a_server(deployment: Deployment) -> None:
    from concurrent.futures import ThreadPoolExecutor

    names = [f"student{number}" for number in range(10)]
    deployment.edit(
        lambda config: config["cyberhubs:hubs"]["core"]["access"]["allowed"].extend(names)
    )
    deployment.ops("up")
    members = [Member(deployment.url, name).sign_in(deployment.password) for name in names]
    try:
        with ThreadPoolExecutor(len(members)) as threads:
            list(threads.map(Member.start, members))
        answers = [member.http.get(f"{member.server}api/status") for member in members]
        assert [answer.status_code for answer in answers] == [httpx.codes.OK] * 10
        with ThreadPoolExecutor(len(members)) as threads:
            list(threads.map(Member.stop, members))
    finally:
        for member in members:
            member.http.close()
