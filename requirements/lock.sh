#!/bin/sh
# Writes run.txt, dev.txt and audit.txt anew from run.in, dev.in and audit.in, the policy pack's, and that of a Go: changed lines
# only; all with --upgrade.
set -eu
cd "$(dirname "$0")"
lock() {
  uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --universal \
    --python-version 3.11 --custom-compile-command requirements/lock.sh "$@"
}
lock "$@" run.in --output-file run.txt
lock "$@" dev.in --constraints run.txt --output-file dev.txt
lock "$@" audit.in --output-file audit.txt
lock "$@" ../policy/requirements.in --output-file ../policy/requirements.txt
lock "$@" ../offline/go/requirements.in --output-file ../offline/go/requirements.txt
