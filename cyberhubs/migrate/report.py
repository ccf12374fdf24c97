"""What became of an old system's settings, and what is still to do: for people, in Markdown."""

from shlex import quote

from cyberhubs.layout import DataLayout
from cyberhubs.migrate.draft import Draft
from cyberhubs.migrate.old_system import Homes, OldSystem
from cyberhubs.settings.host import MOUNT


def text(system: OldSystem, draft: Draft, folder: str) -> str:
    """`folder`: where the old system was read."""
    parts = [
        f"# From {system.title} to stack {draft.stack}",
        f"Read in `{folder}`, where nothing was changed or run. Secrets were not copied.",
        "## What to do",
        _steps(draft),
        "## Not carried over",
        _left(draft),
        "## Carried over",
        _carried(draft),
    ]
    if draft.needless:
        parts += [
            "## Needed no more",
            f"Cyberhubs does it in its own way: {', '.join(dict.fromkeys(draft.needless))}.",
        ]
    parts += ["## Members' files", *_files(system, draft)]
    return _printable("\n\n".join(parts) + "\n")


def _steps(draft: Draft) -> str:
    name = draft.stack
    github = [key for key, hub in draft.raw["hubs"].items() if hub["login"]["kind"] == "github"]
    steps = [
        'Go through *Not carried over*, and the lines of the stack file that are marked "yours".',
        *(f"`make register STACK={name} HUB={key}`" for key in github),
        f"`make preview STACK={name}`, `make up STACK={name}`.",
        "Bring members' files, and data spaces: below. Then let members in"
        + (", by the domain's DNS record." if "domain" in draft.raw else "."),
    ]
    return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))


def _left(draft: Draft) -> str:
    return "\n".join(f"- **{left.what}** {left.remedy}" for left in draft.left) or "Nothing."


def _carried(draft: Draft) -> str:
    cells = [[cell.replace("|", "\\|") for cell in row] for row in draft.carried]
    rows = [f"| {what} | {where} | `{to}` |" for what, where, to in cells]
    return "\n".join(["| what | from | to |", "|---|---|---|", *rows]) if rows else "Nothing."


def _files(system: OldSystem, draft: Draft) -> list[str]:
    """The commands, to be typed on the old server."""
    ssh, user = draft.raw["host"]["ssh"], draft.raw.get("user", {"uid": 1000, "gid": 1000})
    parts = [
        "When `make up` has made the new hub, and the old one is stopped, type this on the old server as a user who "
        "may use `sudo`. What is there already stays, so that it may be repeated.",
        f"```bash\nNEW={ssh['user']}@{ssh['address']} # the new server\n```",
    ]
    layout = DataLayout(MOUNT)
    for name, hub in zip(draft.raw["hubs"], system.hubs, strict=True):
        if hub.homes:
            owner = f"{user['uid']}:{user['gid']}"
            parts += [
                f"**Homes of hub {name}** are {hub.homes.where}. They go to `{layout.hub(name).homes}/<name>`, which "
                "members see as `/home/user/notebooks`.",
                _homes(hub.homes, layout.hub(name).homes, owner),
            ]
    spaces = {s["source"]: s for h in draft.raw["hubs"].values() for s in h.get("data", [])}
    if spaces:
        commands = "\n".join(map(_space, spaces))
        parts += [
            "**Data spaces**, from the same folders to the same folders:",
            f"```bash\n{commands}\n```",
        ]
    return parts


def _homes(homes: Homes, to: str, owner: str) -> str:
    if not homes.each:
        return f"Copy each there, and `chown -R {owner}` it."
    return f"""\
```bash
{homes.each}
  name=$(printf %s "$name" | tr A-Z a-z)
  case $name in "" | *[!a-z0-9_-]*) echo "left out: $folder"; continue ;; esac
  echo "$name"
  sudo tar --create --directory "$folder" . | ssh "$NEW" "sudo mkdir -p {to}/$name &&
    sudo tar --extract --skip-old-files --directory {to}/$name && sudo chown -R {owner} {to}/$name"
done
```"""


def _space(folder: str) -> str:
    here = quote(folder)
    there = f"sudo mkdir -p {here} && sudo tar --extract --skip-old-files --directory {here}"
    return f'sudo tar --create --directory {here} . | ssh "$NEW" {quote(there)}'


def _printable(text: str) -> str:
    """What old files hold goes to a terminal, too."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
