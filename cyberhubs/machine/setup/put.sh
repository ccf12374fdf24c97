# Puts stdin at a path, whole or not at all. The directory is mounted into a container, so a new file is seen there.
# $1 path, $2 uid and $3 gid of its owner, $4 text | base64
set -eu
umask 077
path=$1 uid=$2 gid=$3 encoding=$4

mkdir -p "$(dirname "$path")"
new=$(dirname "$path")/.$(basename "$path").new
if [ "$encoding" = base64 ]; then base64 -d >"$new"; else cat >"$new"; fi
chmod 0400 "$new"
if [ "$(id -u)" = 0 ]; then chown "$uid:$gid" "$(dirname "$path")" "$new"; fi
sync "$new"
mv -fT "$new" "$path"
