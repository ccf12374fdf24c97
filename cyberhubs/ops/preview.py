"""What an update would change."""

from cyberhubs.errors import UserError
from cyberhubs.ops.lock import locked
from cyberhubs.ops.preflight import preflight_of
from cyberhubs.ops.stack import Stack


@locked
def preview(stack: Stack) -> None:
    stack.create()
    environment = preflight_of(stack).preview_environment()
    if stack.pulumi("preview", "--stack", stack.name, "--diff", environment=environment).returncode:
        raise UserError("The preview failed: the reason is above. Nothing was changed.")
