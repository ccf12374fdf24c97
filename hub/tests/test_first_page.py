"""What is kept of JupyterLab's first page: all that has a hash in its name, and of an application that is on the menu."""

import gzip
import json
from pathlib import Path

import pytest
from cyberhubs_hub.first_page import FirstPages
from cyberhubs_hub.temporary_user import TrialError

HASH = "0123456789abcdef"
MAIN, CORE = f"static/lab/main.{HASH}.js?v={HASH}", f"static/lab/jlab_core.{HASH}.js?v={HASH}"
ENTRY = f"lab/extensions/@jupyterlab/git/static/remoteEntry.{HASH}.js"


class Server:
    def __init__(self, extensions: list[tuple[str, str]], main: str = MAIN) -> None:
        config = {"federated_extensions": [{"name": n, "load": load} for n, load in extensions]}
        self.pages = {
            "lab": f'<script id="jupyter-config-data" type="application/json">{json.dumps(config)}</script>'
            f'<script defer="defer" src="/core/user/_check/{main}"></script>',
            MAIN: f'u=e=>""+(5531===e?"jlab_core":e)+"."+({{53:"ab",5531:"{HASH}"}})[e]+".js"',
            CORE: "core",
            ENTRY: "git",
        }

    async def read(self, path: str) -> bytes:
        if path not in self.pages:
            raise TrialError(f"no {path}")
        return self.pages[path].encode()


async def test_what_it_names_is_kept(tmp_path: Path) -> None:
    pages = FirstPages(tmp_path)
    assert pages.of("sha256:1") == []
    await pages.keep(
        "sha256:1", Server([("@jupyterlab/git", f"static/remoteEntry.{HASH}.js")]).read
    )
    assert FirstPages(tmp_path).of("sha256:1") == [MAIN, CORE, ENTRY]
    core = tmp_path / CORE.partition("?")[0]
    assert core.read_text() == "core"
    assert gzip.decompress(Path(f"{core}.gz").read_bytes()) == b"core"


@pytest.mark.parametrize(
    ("name", "load"),
    [
        ("git", "static/remoteEntry.js"),  # may be another one tomorrow
        ("../../../live", f"static/x.{HASH}.js"),
        ("git", f"../static/x.{HASH}.js"),
        ("git", f"static/x.{HASH}.json"),
    ],
)
async def test_all_else_is_not(tmp_path: Path, name: str, load: str) -> None:
    pages = FirstPages(tmp_path)
    await pages.keep("sha256:1", Server([(name, load)]).read)
    assert pages.of("sha256:1") == [MAIN, CORE]


async def test_a_program_of_another_kind_is_kept_without_what_it_loads(tmp_path: Path) -> None:
    server = Server([])
    server.pages[MAIN] = "import('./jlab_core.js')"
    pages = FirstPages(tmp_path)
    await pages.keep("sha256:1", server.read)
    assert pages.of("sha256:1") == [MAIN]


async def test_nothing_is_said_of_a_page_that_could_not_be_kept(tmp_path: Path) -> None:
    server = Server([])
    del server.pages[CORE]
    pages = FirstPages(tmp_path)
    with pytest.raises(TrialError):
        await pages.keep("sha256:1", server.read)
    assert pages.of("sha256:1") == []


async def test_what_no_menu_names_goes(tmp_path: Path) -> None:
    pages = FirstPages(tmp_path)
    await pages.keep(
        "sha256:1", Server([("@jupyterlab/git", f"static/remoteEntry.{HASH}.js")]).read
    )
    await pages.keep("sha256:2", Server([]).read)
    pages.keep_only(["sha256:2"])
    assert (pages.of("sha256:1"), pages.of("sha256:2")) == ([], [MAIN, CORE])
    left = {path.name.partition(".")[0] for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"index", "main", "jlab_core"}


async def test_what_the_menu_names_stays(tmp_path: Path) -> None:
    pages = FirstPages(tmp_path)
    for image in ("sha256:1", "sha256:2", "sha256:3"):
        await pages.keep(image, Server([]).read)
    pages.keep_only(image for image in ("sha256:1", "sha256:2"))
    left = [pages.of(image) for image in ("sha256:1", "sha256:2", "sha256:3")]
    assert left == [[MAIN, CORE], [MAIN, CORE], []]
