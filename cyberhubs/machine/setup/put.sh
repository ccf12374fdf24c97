# Puts stdin at a path, whole or not at all. The directory is mounted into a container, so a new file is seen there.
# $1 path, $2 uid and $3 gid of its owner, $4 mode, $5 text | base64
set -eu
umask 077
path=$1 uid=$2 gid=$3 mode=$4 encoding=$5

folder=$(dirname "$path")
if [ ! -d "$folder" ]; then
    mkdir -p "$folder"
    [ "$(id -u)" != 0 ] || chown "$uid:$gid" "$folder"
fi
new=$folder/.$(basename "$path").new
if [ "$encoding" = base64 ]; then base64 -d >"$new"; else cat >"$new"; fi
chmod "$mode" "$new"
[ "$(id -u)" != 0 ] || chown "$uid:$gid" "$new"
sync "$new"
mv -fT "$new" "$path"
