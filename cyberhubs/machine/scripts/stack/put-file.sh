# Puts stdin at a path, whole or not at all. The directory is mounted into a container, so a new file is seen there.
# Uses common.sh.
# $1 path, $2 uid and $3 gid of its owner, $4 mode, $5 text | base64
# shellcheck disable=SC1091,SC2034
command -v doing >/dev/null || { check= && . "${0%/*}/../common.sh"; }
umask 077
path=$1 owner=$2:$3 mode=$4 encoding=$5
folder=$(dirname "$path")
new=$folder/.$(basename "$path").new

content() { if [ "$encoding" = base64 ]; then base64 -d; else cat; fi; }

if [ ! -d "$folder" ] && doing "$folder: made"; then
    mkdir -p "$folder"
    [ "$(id -u)" != 0 ] || chown "$owner" "$folder"
fi
if [ -n "$check" ]; then
    content | cmp -s - "$path" 2>/dev/null || doing "$path: written" || :
    owned "$mode" "$owner" "$path"
    exit 0
fi
content >"$new"
chmod "$mode" "$new"
[ "$(id -u)" != 0 ] || chown "$owner" "$new"
sync "$new"
mv -fT "$new" "$path"
