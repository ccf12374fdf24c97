"""The rules as a policy pack, which Pulumi's engine starts: `pulumi preview --policy-pack policy`."""

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "hub")]  # its environment does not know them

from pulumi_policy import PolicyPack  # noqa: E402 # pyright: ignore[reportMissingImports]

from policy.pack import policies  # noqa: E402

PolicyPack("cyberhubs", policies())
