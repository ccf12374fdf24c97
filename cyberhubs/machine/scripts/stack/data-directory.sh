# The data directory of a machine, shared by its hubs. Uses common.sh.
# $1 data directory, $2 uid and $3 gid that members' servers run as
# shellcheck disable=SC1091,SC2034
command -v doing >/dev/null || { check= && . "${0%/*}/../common.sh"; }
data=$1 uid=$2 gid=$3

if [ "$(id -u)" != 0 ] && [ "$(id -u):$(id -g)" != "$uid:$gid" ]; then
    fail "Only root can give files to $uid:$gid: set cyberhubs:user to {uid: $(id -u), gid: $(id -g)}, or run as root."
fi

for directory in "$data/etc" "$data/hubs"; do
    if [ ! -d "$directory" ] && doing "$directory: made"; then mkdir -p "$directory"; fi
done
folder 0711 "$uid:$gid" "$data/jupyterhub_users"

# Mounted into members' servers, so that any uid has a name and a home there.
write "$data/etc/passwd" 0644 "root:x:0:0:root:/root:/bin/bash
user:x:$uid:$gid:user:/home/user:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin" || :
write "$data/etc/group" 0644 "root:x:0:
user:x:$gid:
nogroup:x:65534:" || :
