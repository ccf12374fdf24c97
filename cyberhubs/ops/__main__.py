"""`python -m cyberhubs.ops COMMAND --stack NAME`; see --help."""

import argparse
import sys

from cyberhubs.errors import FULL, UserError, trouble
from cyberhubs.ops import (
    access,
    changes,
    down,
    drift_report,
    host_key,
    import_,
    load,
    login,
    logs,
    metrics,
    outputs,
    pin,
    preview,
    prune,
    publish,
    register,
    rename,
    rollback,
    rotate,
    status,
    tunnel,
    up,
    upgrade_check,
)
from cyberhubs.ops.stack import Stack

COMMENT = "a file for the same as a comment, in Markdown"
WORDS = {  # that a command takes beside its stack
    "access": {"hub": "the hub's name", "user": "the user's name"},
    "changes": {"base": "what to compare with, such as origin/main", "markdown": COMMENT},
    "drift": {"markdown": COMMENT},
    "import": {"folder": "where the old system is"},
    "load": {
        "hub": "the hub's name",
        "people": "how many come at once",
        "application": "what they start (default: the first of the menu)",
        "seconds": "how long they stay",
    },
    "login": {"registry": "the registry's name, such as registry.example.org"},
    "logs": {
        "hub": "of that hub alone",
        "user": "of their server",
        "since": "how long ago, such as 30m, 2h or 1d",
    },
    "preview": {"markdown": COMMENT},
    "prune": {"yes": "anything: remove without asking"},
    "publish": {"to": "registry and group, such as registry.example.org/group"},
    "register": {"hub": "the hub's name"},
    "rename": {"hub": "the hub's name", "old": "the old name", "new": "the new name"},
    "rollback": {"application": "the application's name"},
    "rotate": {"secret": "what to renew; none: a list of what there is", "hub": "the hub's name"},
}
REFRESHED = {
    "preview": "compare with what there is, not with the state",
    "up": "undo also what only Pulumi's refresh sees",
}
COMMANDS = {
    "up": (up.up, "make the machine as the stack file says, and show how to log in"),
    "preview": (preview.preview, "show what `up` would change; changes nothing"),
    "changes": (changes.changes, "what a branch changes for people; without any secret"),
    "down": (down.down, "stop and remove everything but the members' files and the images"),
    "output": (outputs.output, "the stack's outputs as JSON; secrets as [secret]"),
    "password": (outputs.password, "the shared password of each hub with login `password`"),
    "metrics": (
        metrics.metrics,
        "how a Prometheus reads the stack's figures, for its scrape_config_files; with the secret",
    ),
    "status": (status.status, "what runs, how it is, and the free space on the disk"),
    "drift": (
        drift_report.report,
        "what is no longer as it was made, and since when; changes nothing",
    ),
    "tunnel": (tunnel.tunnel, "the front door of a machine of kind ssh, brought to this one"),
    "host-key": (host_key.host_key, "the host keys that a machine presents, for the stack file"),
    "access": (access.access, "whether somebody may enter a hub, and why"),
    "register": (
        register.register,
        "what to type at GitHub for a hub's OAuth app; takes its secret",
    ),
    "login": (login.login, "user and password of a registry, for the stack file"),
    "load": (load.load, "play a class on a hub: how many fit, and what gives first"),
    "publish": (
        publish.publish,
        "push the stack's images to a registry, and write a lock file of digests",
    ),
    "prune": (prune.prune, "remove images that nothing needs, after saying which"),
    "pin": (pin.pin, "write the digests of images that the stack file names by a tag"),
    "rename": (
        rename.rename,
        "what was one name's is another's, after somebody was renamed at GitHub",
    ),
    "rotate": (
        rotate.rotate,
        "renew a secret, after saying what people notice; or list them",
    ),
    "rollback": (
        rollback.rollback,
        "members start the image of an application that they had before",
    ),
    "upgrade-check": (
        upgrade_check.upgrade_check,
        "which images, packages and pins have newer versions, and what to type",
    ),
    "import": (
        import_.import_,
        "a stack file from an old Cyberhubs, a TLJH or a jupyterhub-deploy-docker",
    ),
    "logs": (logs.logs, "the last lines of the hubs' containers, or of a member's server"),
}
WITHOUT_STACK = {"changes": "all", "import": "as the old system is called"}  # where none is named


def main() -> int:
    parser = argparse.ArgumentParser(prog="cyberhubs", description="The operator's commands.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (_, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        command.add_argument(
            "--stack",
            default="" if name in WITHOUT_STACK else "local",
            help=f"the stack, of stacks/Pulumi.NAME.yaml (default: {WITHOUT_STACK.get(name, 'local')})",
        )
        for word, means in WORDS.get(name, {}).items():
            command.add_argument(f"--{word}", default="", help=means)
        if name in REFRESHED:
            command.add_argument("--refresh", action="store_true", help=REFRESHED[name])
    arguments = parser.parse_args()
    asked = {
        name: given for name, given in vars(arguments).items() if name not in ("command", "stack")
    }
    # What is said last stands last, and what is done is seen at once, in a log of CI too.
    sys.stdout.reconfigure(line_buffering=True)  # pyright: ignore[reportAttributeAccessIssue]
    try:
        COMMANDS[arguments.command][0](Stack(arguments.stack), **asked)
    except UserError as error:
        print(f"\n{error}", file=sys.stderr)
        return error.status
    except OSError as error:
        if error.filename is None and error.errno not in FULL:
            raise  # not of a file
        print(f"\n{trouble(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Run the same command again: it goes on from here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
