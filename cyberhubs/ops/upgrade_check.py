"""`make upgrade-check`: what of a stack has newer versions, and what to type."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from docker import DockerClient
from docker.errors import DockerException, ImageNotFound

from cyberhubs import advisories, paths
from cyberhubs.errors import NotLookedError, UserError
from cyberhubs.images import commands
from cyberhubs.images.registry import digest_of
from cyberhubs.ops.engine import engine
from cyberhubs.ops.login import login_for
from cyberhubs.ops.stack import Resource, Stack, name_of
from cyberhubs.progress import Report

LIMIT_S = 300  # for the mirrors of a distribution to answer
ASK = """
command -v apt-get >/dev/null || { echo none; exit; }
apt-get -qq update && LC_ALL=C apt-get -qq --simulate upgrade
"""
NAMES = 6  # of packages, that a line has

Lines = list[str]


def upgrade_check(stack: Stack) -> None:
    """Says it, and changes nothing. Raises UserError if anything is behind, NotLookedError if not all could be asked."""
    if not stack.exists:
        raise UserError(f"Stack {stack.name} has never been up: `make up STACK={stack.name}`.")
    behind: Lines = []
    silent: Lines = []
    for what, look in (
        ("Images", lambda: _images(stack, silent)),
        ("Locked packages with known vulnerabilities", lambda: _vulnerable(silent)),
        ("Pinned packages with newer versions", lambda: _pins(silent)),
    ):
        with Report().step(f"{what}: asking"):
            lines = [*look()]
        print(f"{what}:", *(lines or ["none that is known"]), sep="\n  ")
        behind += lines
    to_type = [_what_to_type(stack)] if behind else []
    if silent:
        raise NotLookedError("\n".join([*to_type, "Not all could be asked:", *silent]))
    if behind:
        raise UserError(*to_type)


def _what_to_type(stack: Stack) -> str:
    today = datetime.now(UTC).date()
    return f"""What to type:
- for Debian's updates, in {stack.file.name}: cyberhubs:images: {{refreshed: "{today}"}}, then make up STACK={stack.name}
- for an image of a registry, what is named above or a newer tag in the stack file, then make pin, and make up STACK={stack.name}
- for packages and pins, first git pull, with which they may come; else as images/README.md says, then make up STACK={stack.name}"""


def _images(stack: Stack, silent: Lines) -> Iterator[str]:
    with engine(stack.machine) as client:
        client.api.timeout = LIMIT_S
        for resource in stack.resources:
            name = name_of(resource).removeprefix("images-")
            if name == name_of(resource) or not (image := _image(resource)):
                continue
            tag = commands.pulled(resource["inputs"]) or "@"
            try:
                if "@" not in tag and (now := moved(client, image, tag, login_for(stack, tag))):
                    yield f"{name}: {tag} is another image by now, {tag}@{now}"
            except ImageNotFound:
                pass  # as is said below
            except UserError as error:
                silent.append(f"{name}: {error}")
            try:
                packages = pending(client, image, stack.settings.proxy_environment)
            except ImageNotFound:
                silent.append(f"{name}: the machine has no {image} any more, `make up` makes it")
            except NotLookedError as error:
                silent.append(f"{name}: {error}")
            else:
                if packages:
                    yield f"{name}: {_in_words(packages)}"


def _image(resource: Resource) -> str | None:
    image = resource.get("outputs", {}).get("stdout")
    # Encrypted, as the login of its registry is.
    return image if isinstance(image, str) else commands.pulled(resource["inputs"])


def moved(client: DockerClient, image: str, tag: str, login: Mapping[str, str]) -> str:
    """The digest of what a registry has under a tag now; empty if it is `image`, which the engine has by it. Raises
    ImageNotFound and UserError."""
    here = client.images.get(image).attrs["RepoDigests"]
    now = digest_of(client, tag, login)
    return "" if any(one.endswith(f"@{now}") for one in here) else now


def pending(client: DockerClient, image: str, environment: dict[str, str]) -> dict[str, bool]:
    """Packages with updates in the image's distribution → whether they are for security. Asked in a container that is
    thrown away."""
    container = client.containers.create(
        image, ["-c", ASK], entrypoint="sh", user="0", environment=environment
    )
    try:
        container.start()
        status = container.wait(timeout=LIMIT_S)["StatusCode"]
        said = container.logs(stderr=bool(status)).decode(errors="replace")
    except (DockerException, OSError) as error:
        raise NotLookedError(f"it could not be asked: {error}") from None
    finally:
        container.remove(force=True, v=True)
    if status or said.strip() == "none":
        why = " ".join(said.splitlines()[-2:]) if status else "it has no apt"
        raise NotLookedError(f"its distribution could not be asked: {why}")
    return {
        package: "security" in of.lower()
        for package, of in re.findall(r"^Inst (\S+) .*?\(\S+ ([^)]*)", said, re.M)
    }


def _in_words(packages: dict[str, bool]) -> str:
    first = sorted(packages, key=lambda name: (not packages[name], name))[:NAMES]
    more = f" and {len(packages) - NAMES} more" if len(packages) > NAMES else ""
    count = "1 update waits" if len(packages) == 1 else f"{len(packages)} updates wait"
    return f"{count}, {sum(packages.values())} for security ({', '.join(first)}{more})"


def _vulnerable(silent: Lines) -> Iterator[str]:
    for lock in advisories.locks():
        try:
            for one in advisories.vulnerabilities(lock):
                fixed = f"fixed in {', '.join(one.fixed)}" if one.fixed else "not fixed yet"
                where = lock.relative_to(paths.CHECKOUT)
                yield f"{one.package} {one.now} in {where}: {one.known}, {fixed}"
        except NotLookedError as error:
            silent.append(str(error))
            return  # the others would wait for the same


def _pins(silent: Lines) -> Iterator[str]:
    try:
        for name, (now, newest) in advisories.behind().items():
            yield f"{name} {now}, and there is {newest}"
    except NotLookedError as error:
        silent.append(str(error))
