"""Members' servers of an old hub: what they see, what they may use, when they stop, and of what they are made."""

import re
from collections.abc import Iterable
from typing import Any

from cyberhubs.migrate.hub_traits import HubTraits, listed
from cyberhubs.migrate.old_system import Unread
from cyberhubs.settings.data_spaces import CONTAINER_FOLDERS

_MEGABYTE = 2**20
_INTERFACES = {"/lab": "lab", "/lab/tree": "lab", "/tree": "notebook"}
_HIDES = tuple(f"/{folder}/" for folder in CONTAINER_FOLDERS)


def carry_volumes(hub: HubTraits) -> None:
    """Data spaces; what is named by the member is a home."""
    spaces: list[dict[str, str]] = []
    for kind, access in (("read_only_volumes", "read-only"), ("volumes", "read-write")):
        trait = hub.take_of_spawner(kind)
        for source, said in _items(trait.value) if trait else ():
            target, mode = _target(said)
            assert trait
            if isinstance(source, Unread) or isinstance(target, Unread):
                hub.computed(f"one of its {kind}", trait.where)
            elif "{" not in str(source):
                how = "read-only" if mode == "ro" else access
                space = {"source": str(source), "target": target, "access": how}
                _carry_space(hub, spaces, space, trait.where)


def _carry_space(
    hub: HubTraits, spaces: list[dict[str, str]], space: dict[str, str], where: str
) -> None:
    """Beside those that there are; at another place if members cannot have it where it was."""
    source, target = space["source"], space["target"]
    if not source.startswith("/"):
        hub.leave(
            f"Docker's volume {source}, seen as {target} ({where})",
            "Copy what is in it to a folder of the new server, and name that under `data`.",
        )
        return
    moved = target.startswith(_HIDES)
    if moved:
        space = {**space, "target": f"/{target.rstrip('/').rpartition('/')[2]}"}
    if not hub.carry(f"data space {source}", where, ("data",), [*spaces, space]):
        return
    spaces.append(space)
    if moved:
        hub.leave(
            f"{target} is seen as {space['target']} now",
            "Tell members, who may have it in programs.",
        )


def carry_limits(hub: HubTraits) -> None:
    """Memory and processors."""
    memory, cpus = hub.take_of_spawner("mem_limit"), hub.take_of_spawner("cpu_limit")
    if memory and memory.value is not None:
        hub.carry("memory", memory.where, ("limits", "memory"), _memory(memory.value))
    if cpus and cpus.value is not None:
        hub.carry("processors", cpus.where, ("limits", "cpus"), _number(cpus.value))
    if missing := [n for n, t in (("memory", memory), ("processors", cpus)) if t is None]:
        hub.leave(
            f"servers had no limit of {' and '.join(missing)}",
            "Each has one here: see that `limits` fits what members need.",
        )


def carry_interface(hub: HubTraits) -> None:
    """The page that a server begins with."""
    url = hub.take_of_spawner("default_url")
    if url is None or hub.old.chooses:
        return
    if interface := _INTERFACES.get(str(url.value).rstrip("/")):
        hub.carry("interface", url.where, ("interface",), interface)
    else:
        hub.leave(
            f"the page that servers began with ({url.where})",
            "It is JupyterLab here: `interface` has what else there is.",
        )


def carry_idle(hub: HubTraits) -> None:
    """What the service of JupyterHub does that is usual for it; others there are none of."""
    services = hub.take("services", of=("JupyterHub",))
    key = ("idle", "afterMinutes")
    if services is None:
        hub.leave(
            "servers that nobody uses were not stopped",
            "Here they are, after a day: `idle: {afterMinutes: 0}` is never.",
        )
        return
    if not listed(services.value):
        hub.carry("servers are never stopped for being idle", services.where, key, 0)
    for service in listed(services.value):
        said = service if isinstance(service, dict) else {}
        words = [word for word in listed(said.get("command")) if isinstance(word, str)]
        seconds = [word.partition("=")[2] for word in words if word.startswith("--timeout=")]
        culls = any("cull" in word for word in (str(said.get("name")), *words))
        if culls and seconds and seconds[0].isdecimal() and len(seconds[0]) < 10:
            hub.carry("idle servers", services.where, key, -(-int(seconds[0]) // 60))
        else:
            name = said.get("name")
            hub.leave(
                f"the service {name if isinstance(name, str) else '?'} ({services.where})",
                "A hub here has no services of yours: run it elsewhere, with a token of a member's.",
            )


def carry_images(hub: HubTraits) -> None:
    """Of all images, corehub is here too."""
    images = {image.value: image.where for image in hub.old.images}
    for name in ("image", "container_image", "allowed_images", "image_whitelist"):
        if trait := hub.take_of_spawner(name):
            found = trait.value.values() if isinstance(trait.value, dict) else trait.value
            images |= {
                image if isinstance(image, str) else "that a program names": trait.where
                for image in listed(found)
            }
    for image, where in images.items():
        if image.partition("/")[2].partition(":")[0] == "corehub":
            hub.draft.carried.append((f"image {image}", where, "applications"))
        else:
            hub.leave(
                f"the image {image} ({where}). Members get corehub",
                "What it has more goes into `images/corehub/`, or into a further application: "
                "docs/how-to/images.md.",
            )


def _items(value: Any) -> Iterable[tuple[Any, Any]]:
    return value.items() if isinstance(value, dict) else ()


def _target(said: Any) -> tuple[Any, str]:
    """Where a volume is seen, and how."""
    if isinstance(said, dict):
        return said.get("bind", ""), str(said.get("mode", "rw"))
    return (said, "rw") if isinstance(said, Unread) else (str(said), "rw")


def _memory(value: Any) -> str:
    """As the stack file writes it, whole megabytes of a number of bytes."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]?)B?", str(value).strip().upper())
    if match and not match[2]:
        return f"{int(match[1].partition('.')[0]) // _MEGABYTE}M"
    return f"{match[1]}{match[2]}" if match else str(value)


def _number(value: Any) -> Any:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    return int(number) if number.is_integer() else number
