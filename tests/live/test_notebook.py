"""The main job, in a real browser: from the login page to a cell that has run."""

import os
from pathlib import Path

from playwright.sync_api import expect

from tests.support.browser import chromium, open_notebook, output, run_cell
from tests.support.deployment import Deployment
from tests.support.member import Member

# Where the README's picture goes (`make screenshot`).
PICTURE = os.environ.get("CYBERHUBS_PICTURE")
PLOT = """\
import matplotlib.pyplot as plt, numpy as np
x = np.linspace(0, 10, 500)
plt.figure(figsize=(7, 3)).gca().plot(x, np.sin(x**2 / 2) * np.exp(-x / 8));"""


def test_log_in_start_run_a_cell(deployment: Deployment, tmp_path: Path) -> None:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        open_notebook(page, deployment.front, "Test hub", "ada", deployment.password)
        run_cell(page, "open('from-browser.txt', 'w').write(str(6 * 7)); print('answer', 6 * 7)", 0)
        expect(output(page)).to_contain_text("answer 42", timeout=60_000)
        run_cell(page, PLOT, 1)
        expect(page.locator(".jp-OutputArea-output img")).to_be_visible(timeout=60_000)
        page.keyboard.press("Control+s")
        page.get_by_role("button", name="Rename and Save").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.screenshot(path=PICTURE or tmp_path / "jupyterlab.png")
    with Member(deployment.url, "ada") as ada:
        ada.sign_in(deployment.password).stop()

    home = deployment.data / "jupyterhub_users/core/ada"
    written = home / "from-browser.txt"
    assert written.read_text() == "42"
    assert (written.stat().st_uid, written.stat().st_gid) == (12345, 12346)
    assert (home / "Untitled.ipynb").is_file()
