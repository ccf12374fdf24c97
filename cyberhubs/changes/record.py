"""What a stack would create: the whole program, previewed by the real engine on a backend that is thrown away."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

from cyberhubs import pulumi_env
from cyberhubs.changes.resource import Resource
from cyberhubs.errors import UserError

# What would lead the preview to a cloud, to GitHub, to somebody's state or passphrase.
_OF_OTHERS = ("OS_", "GITHUB_", "PULUMI_", "AWS_", "DOCKER_")


def record(checkout: Path, stack: str) -> list[Resource]:
    """Of a stack in a copy of the checkout: all it would create, each after those it uses. Needs no state, credentials
    or passphrase. Raises UserError with what the program or Pulumi says."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(_OF_OTHERS)
    }
    with tempfile.TemporaryDirectory() as state:
        environment |= {
            **pulumi_env.tools(),
            "PYTHONPATH": os.pathsep.join([str(checkout / "hub"), str(checkout)]),
            "PULUMI_BACKEND_URL": f"file://{state}",
            "PULUMI_CONFIG_PASSPHRASE": "thrown away",
            **pulumi_env.NO_CLOUD,
        }

        def pulumi(*words: str) -> str:
            command = ["pulumi", *words, "--stack", stack, "--non-interactive"]
            answer = subprocess.run(
                command, cwd=checkout, env=environment, text=True, capture_output=True, check=False
            )
            if answer.returncode:
                raise UserError(
                    pulumi_env.errors(answer.stdout)
                    or answer.stderr.strip()
                    or answer.stdout.strip()
                )
            return answer.stdout

        pulumi("stack", "select", "--create")
        steps = json.loads(pulumi("preview", "--json"))["steps"]
    return [Resource.read(step["newState"]) for step in steps]
