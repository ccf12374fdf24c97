#!/usr/bin/python3 -I
"""Installs what a member once asked pip for, and what another version of Python than this one has.

An image with a newer Python does not see those packages, although they are still there.
"""

import argparse
import json
import re
import site
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

USER = Path(site.getuserbase())
PYTHON = Path(sys.executable)
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def left_behind(base: Path) -> dict[str, Path]:
    """Packages for another Python in `base` that this one does not have: name → its metadata."""
    own = base / f"lib/python{VERSION}/site-packages"
    searched = [own, *map(Path, sys.path)] if _sees_the_images(base) else [own]
    here = {_name(found) for place in searched for found in place.glob("*.dist-info")}
    asked = sorted(base.glob("lib/python3.*/site-packages/*.dist-info/REQUESTED"))
    return {_name(file.parent): file.parent for file in asked if _name(file.parent) not in here}


def environments() -> Iterator[Path]:
    """Virtual environments of the image's Python in the home, each once."""
    home = USER.parent
    found = {
        file.parent.resolve()
        for pattern in ("*", "*/*")
        for file in home.glob(f"{pattern}/pyvenv.cfg")
    }
    for base in sorted(found):
        if (base / "bin/python").resolve().parent == PYTHON.resolve().parent:
            yield base


def notice(base: Path) -> None:
    found = left_behind(base)
    if not found:
        return
    versions = sorted({info.parents[1].name.removeprefix("python") for info in found.values()})
    command = "reinstall-packages" if base == USER else f"reinstall-packages {base}"
    folders = " ".join(f"{base}/lib/python{version}" for version in versions)
    print(
        f"This server has Python {VERSION}. Installed in {base} for Python {', '.join(versions)} only: "
        f"{', '.join(found)}.\nTo install them again, run `{command}` in a terminal, then restart the notebooks' kernels.\n"
        f"To do without them: rm -r {folders}"
    )


def install(base: Path) -> int:
    """Each by itself, so that one which cannot be installed does not keep the others from it."""
    python = PYTHON
    wanted = left_behind(base)
    if base != USER and wanted:
        for link in (base / "bin").glob("python*"):
            if not link.exists():  # it led to the other Python
                link.unlink()
        shared = ["--system-site-packages"] if _sees_the_images(base) else []
        subprocess.run([PYTHON, "-m", "venv", "--upgrade", *shared, base], check=True)
        python = base / "bin/python"
    failed = [
        name
        for name, info in wanted.items()
        if subprocess.run([python, "-m", "pip", "install", *_requirement(name, info)]).returncode
    ]
    if failed:
        print(f"Not installed, for the reasons above: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _name(info: Path) -> str:
    return re.sub(r"[-_.]+", "-", info.name.partition("-")[0]).lower()


def _sees_the_images(base: Path) -> bool:
    """Whether the image's own packages are seen from there."""
    shared = "include-system-site-packages = true"
    return base == USER or shared in (base / "pyvenv.cfg").read_text()


def _requirement(name: str, info: Path) -> list[str]:
    """For pip: the newest version, or where it was from if that was not a package index."""
    try:
        source = json.loads((info / "direct_url.json").read_text())
    except FileNotFoundError:
        return [name]
    system = source.get("vcs_info", {}).get("vcs")
    editable = ["--editable"] if source.get("dir_info", {}).get("editable") else []
    return [*editable, f"{system}+{source['url']}" if system else source["url"]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("venv", nargs="?", type=Path, default=USER, help="a virtual environment")
    parser.add_argument("--notice", action="store_true", help="only say what there is to install")
    asked = parser.parse_args()
    if asked.venv != USER and not (asked.venv / "pyvenv.cfg").exists():
        parser.error(f"{asked.venv} is no virtual environment")
    if not asked.notice:
        return install(asked.venv)
    for base in (USER, *environments()):
        notice(base)
    return 0


if __name__ == "__main__":
    sys.exit(main())
