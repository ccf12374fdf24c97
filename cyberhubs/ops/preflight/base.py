"""What all kinds of hosts have in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from docker import DockerClient

from cyberhubs.errors import UserError
from cyberhubs.images import held
from cyberhubs.layout import DataLayout
from cyberhubs.machine import NEARLY_FULL, MachineError
from cyberhubs.machine.data_spaces import WRONG_SPACE, data_spaces
from cyberhubs.machine.script import script
from cyberhubs.ops import mounts
from cyberhubs.ops.engine import engine, image_directory
from cyberhubs.ops.stack import Resource, Stack
from cyberhubs.settings.host import LocalHostSettings

IMAGES_NEED = 5 * 2**30  # bytes; the images take 2.0 GiB, and as much again while they are built
DATA_NEEDS = 64 * 2**20  # bytes, for what the hubs keep beside members' files
INODES_NEEDED = 1000


class Preflight(ABC):
    """Before an update or the end of a stack."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.options: list[str] = []
        """Of `pulumi up`, for what it has to make anew."""

    @contextmanager
    def prepared(self) -> Iterator[DockerClient | None]:
        """The engine of a host that is fit for an update; None if the update has yet to install it.

        Raises UserError for what it cannot put right, before anything of the stack is touched.
        """
        if not self.prepare():
            yield None
            return
        with engine(self.stack.machine) as client:
            self.check(client)
            yield client

    @abstractmethod
    def prepare(self) -> bool:
        """Puts the machine right, and answers whether it has an engine."""

    def check(self, client: DockerClient) -> None:
        for application, image in self.stack.settings.images.held.items():
            held.find(client, application, image)
        self._check_images_fit(client)
        self._check_disk()
        self._check_owner()
        self._check_spaces()
        for line in mounts.unusable(self.stack):
            print(f"{line} Servers start without it until it answers.")

    def check_quotas(self) -> None:
        """Refuses limits.disk where it could not hold."""
        settings = self.stack.settings
        if not settings.limits_disk:
            return
        host = settings.host
        made = "" if isinstance(host, LocalHostSettings) else host.data.filesystem
        missing = self.stack.machine.run(script("quotas", host.data_path, made), limit_s=60)
        if missing:
            raise UserError(f"{missing.strip()}\nNothing was changed.")

    @abstractmethod
    def holds(self, commands: Mapping[str, Resource]) -> bool:
        """Whether the machine, once prepared, is the one on which these `commands` of the state made files."""

    @abstractmethod
    def check_reachable(self) -> None:
        """Raises UserError if what is to be taken down cannot be reached."""

    def preview_environment(self) -> Mapping[str, str]:
        """What a preview, which needs no credentials, needs in its environment."""
        return {}

    def explain_failure(self) -> str:
        """What is known of an update that failed, beyond what Pulumi has said."""
        return ""

    def kept(self) -> str:
        """What is left of a stack that is down."""
        data = DataLayout(self.stack.settings.host.data_path)
        return (
            f"Members' files stay in {data.homes}, the hubs' databases and secrets in\n"
            f"{data.hubs}; the next `make up` finds them."
        )

    def refuse_full_disk(self, full: str) -> None:
        raise UserError(
            f"{full} Then run the same command again: nothing was changed, and the hubs go on meanwhile."
        )

    def _check_images_fit(self, client: DockerClient) -> None:
        """Refuses to build into a disk that cannot hold it; with the images there, any space will do."""
        if client.images.list(name="cyberhubs/corehub"):
            return
        directory = image_directory(client)
        free = self.stack.machine.free_space(directory).free
        if free < IMAGES_NEED:
            raise UserError(
                f"Docker's images are in {directory}, which has {free / 2**30:.1f} GiB left, and building them takes "
                f"up to {IMAGES_NEED / 2**30:.0f}: free some (`make prune STACK={self.stack.name}`), or move that directory to "
                "another disk."
            )

    def _check_disk(self) -> None:
        """Refuses a disk of data that is full, and says so before it is."""
        data = self.stack.settings.host.data_path
        try:
            free, inodes, left = self.stack.machine.free_space(data)
        except MachineError:  # there is no such directory yet
            return
        rest = f"{free / 2**20:.0f} MiB and {inodes} inodes are left"
        what_to_do = (
            f"Make it larger, or see there whose files take the most (as root: du -xh -d 3 {data} | sort -h | tail; "
            "with --inodes, most files) and have them deleted."
        )
        if free < DATA_NEEDS or inodes < INODES_NEEDED:
            self.refuse_full_disk(
                f"The disk of {data} is full: {rest}, and the hubs need {DATA_NEEDS / 2**20:.0f} MiB and {INODES_NEEDED}. "
                f"{what_to_do}"
            )
        elif left < NEARLY_FULL:
            print(f"The disk of {data} is nearly full: {rest}. {what_to_do}")

    def _check_spaces(self) -> None:
        """Refuses data spaces that members could not use as the stack file says."""
        settings = self.stack.settings
        data = DataLayout(settings.host.data_path)
        looks = [
            script("data-spaces", *data_spaces(data, settings.user, hub), check=True)
            for hub in settings.hubs
            if hub.folders
        ]
        if not looks:
            return
        said = self.stack.machine.run("exec sh -s", stdin="\n".join(f"(\n{t}\n)" for t in looks))
        wrong = [line for line in said.splitlines() if line.startswith(WRONG_SPACE)]
        if wrong:
            raise UserError("\n".join([*dict.fromkeys(wrong), "Nothing was changed."]))

    def _check_owner(self) -> None:
        """Refuses a uid that could not open the files there are; names homes of others, which are not its own to give."""
        stack = self.stack
        uid, gid = stack.settings.user.uid, stack.settings.user.gid
        data = DataLayout(stack.settings.host.data_path)
        homes = []
        owners = stack.machine.run(script("file-owner", data.homes, uid), limit_s=60)
        for owner, path in (line.split(" ", 1) for line in owners.splitlines()):
            if path.rpartition("/")[0] != data.homes:
                homes.append(path)
            elif owner != "0":  # root has put it back: the update gives it
                raise UserError(
                    f"Members' files in {data.homes} belong to uid {owner}, and cyberhubs:user in {stack.file.name} says "
                    f"{uid}, who could not open them: nothing was changed. Say {owner} there; or hand them over, with "
                    f"the stack down (as root: chown -R {uid}:{gid} {data.homes} {data.hubs} {data.door}), "
                    "then run the same command again."
                )
        if homes:
            print(
                f"Homes of another user, or with files of one: for their members, as root: chown -R {uid}:{gid}",
                *dict.fromkeys(homes),
            )
