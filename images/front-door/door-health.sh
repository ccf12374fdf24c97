#!/bin/sh
# door-health: fails unless the door answers. Where its figures are read, it notes on the way when the certificate that
# visitors get begins and ends, in seconds since 1970, as a page for a Prometheus; an empty one if they get none.
set -eu
caddyfile=/srv/door/live/Caddyfile
page=/run/door/certificate

door-get /_health
grep -qs '@certificate ' "$caddyfile" || exit 0

address=$(sed -n 's,^\(https://[^ ]*\) .*,\1,p' "$caddyfile")
# Itself, by the name that visitors use; looked at, not trusted.
said=$(curl --silent --insecure --max-time 5 --connect-to ::127.0.0.1: --output /dev/null --write-out '%{certs}' \
    "$address/_health") || said=
for figure in before:Start after:Expire; do
    at=$(printf '%s\n' "$said" | sed -n "s/^${figure#*:} date: *//p" | head -n 1) # of the first: the door's own
    [ -z "$at" ] || echo "cyberhubs_certificate_not_${figure%:*}_seconds $(date --date "$at" +%s)"
done >"$page.new"
mv "$page.new" "$page"
