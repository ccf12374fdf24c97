# Has the front door serve a new Caddyfile; one that it refuses changes nothing.
# $1 directory of what the door serves, $2 the door's container, $3 uid and $4 gid of the file's owner;
# the Caddyfile comes by stdin
set -eu
umask 077
live=$1 door=$2 uid=$3 gid=$4

cat >"$live/Caddyfile.new"
[ "$(id -u)" != 0 ] || chown "$uid:$gid" "$live/Caddyfile.new"
waited=0
until docker exec "$door" test -S /run/door/admin.sock; do # one that has only just been started
    [ "$waited" -lt 30 ] || { echo "The front door does not start. The end of its log:"; docker logs --tail 20 "$door"; exit 1; } >&2
    waited=$((waited + 1))
    sleep 1
done
said=$(docker exec "$door" caddy reload --config /srv/door/live/Caddyfile.new --adapter caddyfile \
    --address unix//run/door/admin.sock 2>&1) || {
    printf '%s\n' "The front door refuses its new settings and continues with the old ones:" "$said" >&2
    exit 1
}
sync "$live/Caddyfile.new"
mv -fT "$live/Caddyfile.new" "$live/Caddyfile"

for certificate in "$live"/certificates/*.pem; do # keys that are no longer served
    [ ! -e "$certificate" ] || grep -qF "/${certificate##*/} " "$live/Caddyfile" || rm "$certificate"
done
