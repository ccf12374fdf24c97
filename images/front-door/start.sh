#!/bin/sh
# Starts the door with what it served last. One that is new, or whose last settings cannot be served
# any more, waits for its first reload.
set -eu
config=/srv/door/live/Caddyfile
if [ ! -e "$config" ]; then
    config=/srv/door/empty.caddyfile
elif ! said=$(caddy validate --config "$config" --adapter caddyfile 2>&1); then
    echo "$said" >&2
    echo "The last settings cannot be served: make up writes new ones." >&2
    config=/srv/door/empty.caddyfile
fi
# Connections take memory, some 40 KB each: for a moment none is accepted, rather than all lost.
ulimit -n 20000 2>/dev/null || :
exec caddy run --config "$config" --adapter caddyfile
