"""openstack:compute/keypair:Keypair. Nothing of a key pair can be changed in place."""

from typing import ClassVar

from offline.plugins.inputs import Input, Table
from offline.plugins.openstack.managed import Managed
from offline.plugins.resource import Call, Values


class Keypair(Managed):
    """Its id is its name."""

    service, noun, title = "compute", "keypair", "key pair"
    inputs: ClassVar[Table] = {
        "name": Input(str, autoname=True, replace=True),
        "publicKey": Input(
            str, computed=True, replace=True, same=lambda old, new: old.strip() == new.strip()
        ),
    }
    outputs: ClassVar = {"fingerprint": str, "privateKey": str, "region": str, "userId": str}
    secret_outputs = frozenset({"privateKey"})

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        with self._cloud.errors(f"create {self._what(inputs)}"):
            made = self._do("create", **self._body(inputs, inputs.keys()))
            # a key that the cloud has made is shown this once
            made = made.to_dict(original_names=True)
            key = {"privateKey": made.get("private_key") or ""}
            return inputs["name"], self._values(made, inputs) | key
