"""`python -m cyberhubs.cloud KIND NAME`: the id of an image, flavor or network, for Pulumi."""

import argparse
import sys

from cyberhubs.cloud import Cloud, CloudError


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="cyberhubs.cloud", description="Prints the id of what a cloud calls by a name."
    )
    parser.add_argument("kind", choices=["image", "flavor", "network"])
    parser.add_argument("name", help="its exact name, or its id")
    arguments = parser.parse_args()
    try:
        print(Cloud().find(arguments.kind, arguments.name))
    except CloudError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
