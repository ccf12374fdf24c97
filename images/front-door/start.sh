#!/bin/sh
# Starts the door with what it served last; one that is new waits for its first reload.
set -eu
config=/srv/door/live/Caddyfile
[ -e "$config" ] || config=/srv/door/empty.caddyfile
exec caddy run --config "$config" --adapter caddyfile
