"""Our own plugins in the place of the official ones."""

from pathlib import Path

from cyberhubs import paths
from cyberhubs.progress import Report
from install.plugins import Plugin

# Runs the stand-in of the checkout that the engine is started in, so that two clones do not meet;
# outside of any, that of the checkout which installed this and is named in a file beside it.
SHIM = """\
#!/bin/sh
# Cyberhubs: stands in for Pulumi's {name} plugin by running a checkout's offline/plugins/{name}.
checkout=$PWD
while [ ! -d "$checkout/offline/plugins/{name}" ] && [ "$checkout" != / ]; do
  checkout=$(dirname "$checkout")
done
[ "$checkout" != / ] || checkout=$(cat "${{0%/*}}/checkout")
if [ ! -x "$checkout/.venv/bin/python" ]; then
  echo "Pulumi's {name} plugin is run from $checkout, which is gone or not set up:" \\
    "run make setup in a checkout of Cyberhubs, and pulumi inside of it." >&2
  exit 1
fi
PYTHONPATH=$checkout exec "$checkout/.venv/bin/python" -m offline.plugins.{name} "$@"
"""


class StandIn:
    def __init__(self, item: Plugin) -> None:
        self.name, self.item = item.name, item
        self.shim = SHIM.format(name=item.plugin)

    def found(self) -> str | None:
        try:
            recorded = Path(self.item.checkout.read_text().rstrip("\n"))
            whole = recorded.is_dir() and self.item.program.read_text() == self.shim
        except FileNotFoundError:
            return None
        return "found (offline/plugins)" if whole else None

    def packages(self, report: Report) -> str:
        self.item.folder.mkdir(parents=True, exist_ok=True)
        self.item.checkout.write_text(f"{paths.CHECKOUT}\n")
        part = self.item.folder / "shim.part"
        part.write_text(self.shim)
        part.chmod(0o755)
        part.replace(self.item.program)
        return "runs from offline/plugins"
