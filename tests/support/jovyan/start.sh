#!/bin/bash
# What an entry point of docker-stacks does for somebody who is not root: it says so, and runs the command.
set -e
if [ "$(id -u)" != "$NB_UID" ]; then
    echo "Running as $(id -u):$(id -g) in place of $NB_USER" >&2
fi
cd "$HOME"
exec "$@"
