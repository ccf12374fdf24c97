# The data directory of a machine, shared by its hubs.
# $1 data directory, $2 uid and $3 gid that members' servers run as
set -eu
data=$1 uid=$2 gid=$3

if [ "$(id -u)" != 0 ] && [ "$(id -u):$(id -g)" != "$uid:$gid" ]; then
    echo "Only root can give files to $uid:$gid: set cyberhubs:user to {uid: $(id -u), gid: $(id -g)}, or run as root." >&2
    exit 1
fi

owned() { # mode, directory: made or put right, its content left alone
    mkdir -p "$2"
    chmod "$1" "$2"
    [ "$(id -u)" != 0 ] || chown "$uid:$gid" "$2"
}

content() { # file, from stdin: replaced only when it differs
    cat >"$1.new"
    if cmp -s "$1.new" "$1"; then rm "$1.new"; else mv -f "$1.new" "$1"; fi
}

mkdir -p "$data/etc" "$data/hubs"
owned 0711 "$data/jupyterhub_users"

# Mounted into members' servers, so that any uid has a name and a home there.
content "$data/etc/passwd" <<PASSWD
root:x:0:0:root:/root:/bin/bash
user:x:$uid:$gid:user:/home/user:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
PASSWD
content "$data/etc/group" <<GROUP
root:x:0:
user:x:$gid:
nogroup:x:65534:
GROUP
chmod 0644 "$data/etc/passwd" "$data/etc/group"
