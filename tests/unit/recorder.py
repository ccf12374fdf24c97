"""Runs the whole program under Pulumi's mocks and records what it would register.

Mocks check nothing, so this does: a duplicate URN fails here as it would in the engine.
"""

import asyncio
import json
import logging
import runpy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from google.protobuf import json_format
from pulumi.runtime import mocks as pulumi_mocks
from pulumi.runtime import rpc
from pulumi.runtime.config import set_all_config
from pulumi.runtime.settings import configure, set_root_resource
from pulumi.runtime.stack import run_in_stack

from cyberhubs.changes import Resource

PROJECT = Path(__file__).parent.parent.parent
FACTS = '{"socketGid": "998", "mtu": "1450"}'  # what a machine says of its engine
_SECRET = rpc._special_sig_key  # the wire format's mark, public in no other place


@dataclass
class Registered:
    """One registration: `inputs` as on the wire with secrets marked, `options` the engine's request."""

    urn: str
    type: str
    name: str
    inputs: dict[str, Any]
    options: Any

    @property
    def parent_name(self) -> str:
        return self.options.parent.split("::")[-1]


class _Mocks(pulumi_mocks.Mocks):
    def new_resource(self, args: pulumi_mocks.MockResourceArgs) -> tuple[str | None, dict]:
        said = f"stdout of {args.name}"
        if args.name == "host-engine":
            said = FACTS
        elif args.name.endswith("key-made"):
            said = f"private of {args.name}\nssh-ed25519 AAAA"
        computed = {
            "command:local:Command": {"stdout": said, "stderr": ""},
            "docker:index/network:Network": {"ipamConfigs": [{"gateway": "192.0.2.1"}]},
            "openstack:networking/floatingIp:FloatingIp": {"address": "192.0.2.7"},
        }
        return f"{args.name}-id", {**args.inputs, **computed.get(args.typ, {})}

    def call(self, args: pulumi_mocks.MockCallArgs) -> dict:
        raise AssertionError(f"The program asks {args.token}: a preview would need a cloud for it.")


class _Monitor(pulumi_mocks.MockMonitor):
    def __init__(self, mocks: pulumi_mocks.Mocks):
        super().__init__(mocks)
        self.registered: dict[str, Registered] = {}

    def RegisterResource(self, request):
        response = super().RegisterResource(request)
        for name in request.additionalSecretOutputs:  # the engine's part, which mocks leave out
            plain = response.object.fields[name].string_value
            response.object.update({name: {_SECRET: rpc._special_secret_sig, "value": plain}})
        if response.urn in self.registered:
            raise AssertionError(f"Duplicate resource URN {response.urn}")
        self.registered[response.urn] = Registered(
            urn=response.urn,
            type=request.type,
            name=request.name,
            inputs=_plain(request.object),
            options=request,
        )
        return response

    def RegisterResourceOutputs(self, request):
        self.registered[request.urn].inputs |= {"outputs": _plain(request.outputs)}
        return super().RegisterResourceOutputs(request)


def _plain(struct) -> dict[str, Any]:
    return json_format.MessageToDict(struct)


def secrets_in(value: Any) -> list[Any]:
    """The secret values inside `value`, unwrapped."""
    if isinstance(value, dict):
        if value.get(_SECRET) == rpc._special_secret_sig:
            return [value["value"]]
        return [found for item in value.values() for found in secrets_in(item)]
    if isinstance(value, list):
        return [found for item in value for found in secrets_in(item)]
    return []


def unwrapped(value: Any) -> Any:
    """`value` without the marks of what is secret in it."""
    if isinstance(value, dict):
        if value.get(_SECRET) == rpc._special_secret_sig:
            return unwrapped(value["value"])
        return {key: unwrapped(item) for key, item in value.items()}
    return [unwrapped(item) for item in value] if isinstance(value, list) else value


def config_of(file: Path) -> dict[str, Any]:
    """What a stack file says, as `record` takes it."""
    content = yaml.safe_load(file.read_text())["config"]
    return {key.removeprefix("cyberhubs:"): value for key, value in content.items()}


def record(
    config: dict[str, Any], *, stack: str = "local", preview: bool = False
) -> dict[str, Registered]:
    """URN → registration, for a stack whose file says `config` ({"host": {…}, …})."""
    monitor = _Monitor(_Mocks())
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    features = monitor.GetDeploymentInfo(None).supportedFeatures
    configure(
        pulumi_mocks.MockSettings(
            monitor=monitor,
            monitor_features=set(features),
            engine=pulumi_mocks.MockEngine(None),
            project="cyberhubs",
            stack=stack,
            dry_run=preview,
            organization=None,
            callbacks=None,
        )
    )
    set_root_resource(None)  # pyright: ignore[reportArgumentType] # forgets the last run
    set_all_config(
        {
            f"cyberhubs:{key}": value if isinstance(value, str) else json.dumps(value)
            for key, value in config.items()
        }
    )
    logging.getLogger("pulumi").setLevel(logging.CRITICAL)
    try:
        loop.run_until_complete(run_in_stack(_program))
    finally:
        loop.close()
    return monitor.registered


def resources(config: dict[str, Any], stack: str) -> list[Resource]:
    """What a stack would create, as the engine shows it where all outputs are known."""
    return [
        Resource.read(
            {
                "urn": one.urn,
                "type": one.type,
                "custom": one.options.custom,
                "inputs": unwrapped(one.inputs),
                "propertyDependencies": {
                    key: list(of.urns) for key, of in one.options.propertyDependencies.items()
                },
                "replaceOnChanges": list(one.options.replaceOnChanges),
                "protect": one.options.protect,
            }
        )
        for one in record(config, stack=stack).values()
    ]


def _program() -> None:
    runpy.run_path(str(PROJECT / "__main__.py"))
