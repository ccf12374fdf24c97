"""Images on the Docker engine that ours are made of: found, or pulled from a public registry."""

from docker.errors import NotFound

from cyberhubs import pins
from cyberhubs.errors import UserError, disk_full
from cyberhubs.progress import Report

from . import engine
from .ladder import UnavailableError

FIRST_ANSWER_S = 25
STALL_S = 120
# Each release has its tag: library/caddy in github.com/docker-library/official-images.
CADDY = f"caddy:{pins.CADDY}"


class EngineImage:
    """An image that is named `image` on the engine: its makers' `public` one."""

    def __init__(self, image: str, public: str) -> None:
        self.name = f"image {image}"
        self.image, self.public = image, public

    def found(self) -> str | None:
        """Raises UserError when no engine answers."""
        try:
            id = str(engine.client().images.get(self.image).id)
        except NotFound:
            return None
        except engine.TROUBLE as error:
            raise UserError(
                f"No Docker engine answers ({error}): run python3 -m install engine."
            ) from error
        return f"found ({id[:19]})"

    def vendor(self, report: Report) -> str:
        with report.step(f"{self.image.rsplit(':', 1)[0]}: pulling {self.public}") as step:
            try:
                # The engine looks the name up, so only it can tell whether there is a way out.
                engine.client(FIRST_ANSWER_S).api.inspect_distribution(self.public)
            except NotFound as error:
                raise UnavailableError(f"its registry has no {self.public}") from error
            except engine.TROUBLE as error:
                raise UnavailableError(
                    f"the engine gets no {self.public} from its registry ({engine.why(error)})"
                ) from error
            try:
                client = engine.client(STALL_S)
                for message in client.api.pull(self.public, stream=True, decode=True):
                    if "error" in message:
                        raise stopped(f"Pulling {self.public}", message["error"])
                    step.show(f"{message.get('status', '')} {message.get('progress', '')}")
                public = client.images.get(self.public)
                public.tag(*self.image.rsplit(":", 1))
            except engine.TROUBLE as error:
                raise stopped(f"Pulling {self.public}", engine.why(error)) from error
        return f"pulled {next(iter(public.attrs['RepoDigests']), self.public)}"


class Base(EngineImage):
    """What all of ours are built from."""

    def __init__(self, suite: str = pins.DEBIAN) -> None:
        super().__init__(pins.base_image(suite), f"debian:{suite}-slim")
        self.suite = suite


class Caddy(EngineImage):
    """What the front door's program is taken from."""

    def __init__(self) -> None:
        super().__init__(pins.CADDY_IMAGE, CADDY)


def stopped(what: str, why: str) -> UserError:
    if "no space left on device" in why.lower():
        return UserError(disk_full("Docker's data folder"))
    return UserError(f"{what} stopped ({why}): run the same command again to go on.")
