"""A disk that is full, by bytes or by files: everybody comes in, a member's server starts and lets them delete, whatever
its image is, and says so; those that run go on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.support.browser import LIMIT_MS, chromium, sign_in
from tests.support.deployment import ONE_HUB, Deployment, running
from tests.support.full_disk import disk_for, fill, fill_inodes, make_room
from tests.support.images import copy_jovyan
from tests.support.member import Member, keeps_its_variables
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow

OF_OTHERS = "  cyberhubs:applications:\n    jovyan: {{build: ../jovyan, title: As others are}}\n"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    directory = tmp_path_factory.mktemp("rescue")
    first = ONE_HUB.replace("  cyberhubs:hubs:\n", f"{OF_OTHERS}  cyberhubs:hubs:\n")
    first = first.replace("[corehub]", "[corehub, jovyan]")
    with disk_for(directory):
        made = Deployment(directory, "rescue", first.replace("[grace, ", "[grace, mary, "))
        context = made.directory / "jovyan"
        copy_jovyan(context)
        with running(made):
            yield made


def delete_by_page(member: Member, name: str) -> None:
    """As the file browser does."""
    answer = member.http.delete(
        f"{member.server}api/contents/{name}", headers=member.server_headers
    )
    assert answer.status_code == 204, answer.text


@contextmanager
def with_old_files(stack: Deployment, name: str, image: str) -> Iterator[Member]:
    """A member whose server runs."""
    with Member(stack.url, name) as member:
        member.sign_in(stack.password).stop()
        member.start(options={"image": image})
        member.kernel().run("for name in ('by-page', 'in-terminal'): open(name, 'w').write('old')")
        yield member
        member.sign_in(stack.password).stop()


def deletes_them(stack: Deployment, member: Member) -> None:
    delete_by_page(member, "by-page")
    member.type_in_terminal("rm in-terminal")
    home = stack.data / "jupyterhub_users/core" / member.name
    eventually(lambda: not (home / "by-page").exists() and not (home / "in-terminal").exists())


@pytest.mark.parametrize("fills", [fill, fill_inodes])
def test_whoever_has_files_can_delete_them(
    stack: Deployment, fills: Callable[[Deployment], None]
) -> None:
    with (
        with_old_files(stack, "mary", "corehub") as mary,
        with_old_files(stack, "grace", "corehub") as grace,
        with_old_files(stack, "katherine", "jovyan") as katherine,
    ):
        kernel = mary.kernel()
        kernel.run("kept = 6 * 7")
        grace.stop()
        katherine.stop()
        try:
            fills(stack)
            deletes_them(stack, mary)
            for member in (grace, katherine):
                fills(stack)
                member.sign_in(stack.password)
                member.start()  # the application of the last time
                assert member.kernel().run("print(6 * 7)") == "42"
                deletes_them(stack, member)
            with chromium() as browser:
                page = browser.new_page()
                page.goto(f"{grace.server}lab")
                sign_in(page, "grace", stack.password)
                warning = page.get_by_role("alert").filter(has_text="disk is full")
                expect(warning).to_be_visible(timeout=LIMIT_MS)
            assert keeps_its_variables(kernel)
        finally:
            make_room(stack)
        grace.stop()
        grace.start()
        assert '"disk": ""' in grace.http.get(f"{grace.server}lab").text
