"""Taking a stack down."""

from cyberhubs.errors import UserError
from cyberhubs.ops.lock import locked
from cyberhubs.ops.preflight import preflight_of
from cyberhubs.ops.stack import Stack
from cyberhubs.ops.state import check_writable


@locked
def down(stack: Stack) -> None:
    if not stack.exists:
        print(f"Stack {stack.name} has never been up.")
        return
    check_writable(stack.folder)
    preflight = preflight_of(stack)
    preflight.check_reachable()
    if not stack.update("destroy", "--exclude-protected"):
        raise UserError(
            f"Not all could be removed: the reason is above. Run `make down STACK={stack.name}` again."
        )
    print(f"\nStack {stack.name} is down.\n{preflight.kept()}")
