"""The main job, in a real browser: from the login page to a cell that has run."""

import os
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from cyberhubs.install.browser import executable
from tests.live.deployment import Deployment

# Where the README's picture goes (`make screenshot`).
PICTURE = os.environ.get("CYBERHUBS_PICTURE")
PLOT = """\
import matplotlib.pyplot as plt, numpy as np
x = np.linspace(0, 10, 500)
plt.figure(figsize=(7, 3)).gca().plot(x, np.sin(x**2 / 2) * np.exp(-x / 8));"""


def test_log_in_start_run_a_cell(deployment: Deployment, tmp_path: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable(),
            # Chromium refuses to run as root inside its own sandbox.
            chromium_sandbox=os.getuid() != 0,
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(deployment.url)
        expect(page.get_by_text("Test hub")).to_be_visible()
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
        expect(page.locator(".jp-Notebook .cm-content").nth(1)).to_be_focused()
        page.keyboard.type(PLOT)
        page.keyboard.press("Shift+Enter")
        expect(page.locator(".jp-OutputArea-output img")).to_be_visible(timeout=60_000)
        page.keyboard.press("Control+s")
        page.get_by_role("button", name="Rename and Save").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.screenshot(path=PICTURE or tmp_path / "jupyterlab.png")
        browser.close()

    home = deployment.data / "jupyterhub_users/ada"
    written = home / "from-browser.txt"
    assert written.read_text() == "42"
    assert (written.stat().st_uid, written.stat().st_gid) == (12345, 12346)
    assert (home / "Untitled.ipynb").is_file()
