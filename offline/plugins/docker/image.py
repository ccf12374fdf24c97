"""docker:index/remoteImage:RemoteImage: an image pulled, or built with the classic builder."""

from contextlib import suppress
from typing import Any

from offline.plugins.docker.build import BUILD, build, context_problem
from offline.plugins.docker.engine import Engine, sdk
from offline.plugins.inputs import Input, MapOf, SetOf
from offline.plugins.resource import Call, ProviderError, Resource, Values

INPUTS = {
    "name": Input(str, required=True, replace=True),
    "build": Input(BUILD, replace=True),
    "triggers": Input(MapOf(str), replace=True),
    "pullTriggers": Input(SetOf(str), replace=True),
    "platform": Input(str, replace=True),
    "keepLocally": Input(bool),
    "forceRemove": Input(bool),
}
OUTPUTS = {"imageId": str, "repoDigest": str}


class RemoteImage(Resource):
    inputs = INPUTS
    outputs = OUTPUTS

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def check(self, inputs: Values) -> dict[str, str]:
        if "build" not in inputs:
            return {}
        if "pullTriggers" in inputs:
            return {"pullTriggers": "'pullTriggers' and 'build' exclude each other; give one"}
        return context_problem(inputs["build"])

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        name = inputs["name"]
        if "build" in inputs:
            image = build(self._engine, call, name, inputs["build"])
        else:
            image = find(self._engine, name)
            if image is None or inputs.get("pullTriggers"):
                pull(self._engine, call, name, inputs.get("platform"))
                image = find(self._engine, name)
        if image is None:
            raise ProviderError(f"image {name} is not there after it was pulled; run this again")
        return image["Id"] + name, _outputs(name, image)

    def read(self, call: Call, id: str, state: Values) -> Values | None:
        name = state.get("name") or id[len("sha256:") + 64 :]
        image = find(self._engine, name)
        return None if image is None else {"name": name, **_outputs(name, image)}

    def update(self, call: Call, id: str, state: Values, inputs: Values) -> Values:
        return {}  # only says what a removal does

    def delete(self, call: Call, id: str, state: Values) -> None:
        if state.get("keepLocally"):
            return
        name, image_id = state["name"], state["imageId"]
        image = find(self._engine, name)
        # a replacement may carry the name by now; then only the old image goes
        target = name if image and image["Id"] == image_id else image_id
        with self._engine.errors(f"remove image {name}"), suppress(sdk().errors.NotFound):
            self._engine.client.remove_image(target, force=state.get("forceRemove", False))


def find(engine: Engine, name: str) -> Values | None:
    """The engine's description of an image it has, by name, digest or id."""
    with engine.errors(f"look for image {name}"):
        try:
            return engine.client.inspect_image(name)
        except sdk().errors.NotFound:
            return None


def pull(engine: Engine, call: Call, name: str, platform: str | None = None) -> None:
    with engine.errors(f"pull image {name}"):
        seen = None
        for message in engine.client.pull(name, stream=True, decode=True, platform=platform):
            if "error" in message:
                raise ProviderError(f"cannot pull image {name}: {engine.explain(message['error'])}")
            status = f"{message.get('status', '')} {message.get('id', '')}".strip()
            if status != seen:
                call.log(status, ephemeral=True)
                seen = status


def _outputs(name: str, image: dict[str, Any]) -> Values:
    """The digest is the one of the name's own repository; a built image has none."""
    digests = image.get("RepoDigests") or []
    repository = name.split("@")[0].rsplit(":", 1)[0] if ":" in name.split("/")[-1] else name
    own = next((d for d in digests if d.split("@")[0] == repository), None)
    return {"imageId": image["Id"], "repoDigest": own or next(iter(digests), "")}
