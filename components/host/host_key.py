"""A host key of a machine that is yet to be made."""

import pulumi
from pulumi import ComponentResource, ResourceOptions

from components.host.run_locally import run_locally

GENERATE = """\
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
ssh-keygen -q -t ed25519 -N '' -C '' -f "$directory/key"
cat "$directory/key" "$directory/key.pub"
"""


class HostKey(ComponentResource):
    """Made on the control machine, once, and again when `triggers` change. `private`: a secret; `public`: "type base64"."""

    private: pulumi.Output[str]
    public: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        triggers: list[pulumi.Input[str]] | None = None,
        opts: ResourceOptions | None = None,
    ):
        super().__init__("cyberhubs:host:HostKey", name, {}, opts)
        made = run_locally(
            f"{name}-made",
            GENERATE,
            triggers=triggers,
            secret_output=True,
            opts=ResourceOptions(parent=self),
        )
        self.private = made.apply(lambda text: f"{text.strip().rpartition(chr(10))[0]}\n")
        self.public = pulumi.Output.unsecret(
            made.apply(lambda text: " ".join(text.split("\n")[-1].split()[:2]))
        )
        self.register_outputs({"public": self.public})
