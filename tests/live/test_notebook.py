"""The main job, in a real browser: from the login page to a cell that has run."""

import os
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from cyberhubs.install.browser import executable
from tests.live.deployment import Deployment

# Pictures for the README are kept where this says (`make screenshot`).
PICTURES = os.environ.get("CYBERHUBS_PICTURES")


def test_log_in_start_run_a_cell(deployment: Deployment, tmp_path: Path) -> None:
    pictures = Path(PICTURES or tmp_path)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable(),
            # Chromium refuses to run as root inside its own sandbox.
            chromium_sandbox=os.getuid() != 0,
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(deployment.url)
        expect(page.get_by_text("Test hub")).to_be_visible()
        page.screenshot(path=pictures / "login.png")
        page.get_by_label("Username").fill("ada")
        page.get_by_label("Password").fill(deployment.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/user/ada/lab**", timeout=120_000)
        page.get_by_role("button", name="Python 3").first.click(timeout=60_000)
        expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)
        cell = page.locator(".jp-Notebook .cm-content").first
        cell.click()
        expect(cell).to_be_focused()
        page.keyboard.type(
            "open('from-browser.txt', 'w').write(str(6 * 7)); print('answer', 6 * 7)"
        )
        page.keyboard.press("Shift+Enter")
        expect(page.locator(".jp-OutputArea-output").first).to_contain_text(
            "answer 42", timeout=60_000
        )
        page.keyboard.press("Control+s")
        page.get_by_role("button", name="Rename and Save").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.screenshot(path=pictures / "jupyterlab.png")
        browser.close()

    home = deployment.data / "jupyterhub_users/ada"
    written = home / "from-browser.txt"
    assert written.read_text() == "42"
    assert (written.stat().st_uid, written.stat().st_gid) == (12345, 12346)
    assert (home / "Untitled.ipynb").is_file()
