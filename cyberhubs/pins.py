"""The versions of what Cyberhubs is made of: those of requirements/tools.toml, and of Python packages in run.in."""

import re
import tomllib

from cyberhubs.paths import REQUIREMENTS

_TOOLS = tomllib.loads((REQUIREMENTS / "tools.toml").read_text())

OLDEST_PULUMI: str = _TOOLS["pulumi"]["oldest"]
DEBIAN: str = _TOOLS["images"]["debian"]
CADDY: str = _TOOLS["images"]["caddy"]
GITLEAKS: str = _TOOLS["scan"]["gitleaks"]
ACTIONLINT: str = _TOOLS["lint"]["actionlint"]


def base_image(debian: str = DEBIAN) -> str:
    """What the image of that release of Debian is called on an engine."""
    return f"cyberhubs-base:{debian}"


BASE_IMAGE = base_image()
CADDY_IMAGE = f"cyberhubs-caddy:{CADDY}"


def python_package(name: str) -> str:
    """The exact version that requirements/run.in pins."""
    text = (REQUIREMENTS / "run.in").read_text()
    match = re.search(rf"^{re.escape(name)}==(\S+)$", text, re.MULTILINE)
    if match is None:
        raise LookupError(f"requirements/run.in pins no exact version of {name}")
    return match[1]
