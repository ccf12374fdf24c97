# The data spaces of a hub: made where they are ours, on the disk of the data, and tried as members' servers will use
# them. Uses common.sh.
# $1 the hub's record of them, $2 uid and $3 gid of members, $4 the data directory; for each space one more, its
# access, whether it is a mount point (mounted | plain | found), its owner (uid:gid) and its path
# shellcheck disable=SC1091,SC2034
command -v doing >/dev/null || { check= && . "${0%/*}/../common.sh"; }
umask 077
record=$1 uid=$2 gid=$3 data=$4
shift 4
seen=$(cat "$record" 2>/dev/null || :)

wrong() { # why members cannot have it, and what to do
    [ -n "$check" ] || fail "Data space $*"
    echo "Data space $*"
}

patiently() { # command...: a share whose far side is gone may never answer
    timeout -k 1 15 "$@"
}

member() { # command...: with the rights of a member's server
    if [ "$(id -u)" = 0 ]; then
        set -- setpriv --reuid "$uid" --regid "$gid" --groups "$groups" --no-new-privs "$@"
    fi
    patiently "$@"
}

recorded() { # whether the space was there before
    case "
$seen
" in *"
$1 $path
"*) ;; *) return 1 ;; esac
}

meant_mounted() {
    case $kind in
    found) recorded mounted || { ! recorded plain && patiently findmnt -ns --mountpoint "$path" >/dev/null 2>&1; } ;; # by /etc/fstab
    *) [ "$kind" = mounted ] ;;
    esac
}

is_mount() { patiently findmnt -n --mountpoint "$path" >/dev/null 2>&1; }

nearest() { # path: of it and the folders above, the first that is there
    found=$1
    until [ -d "$found" ]; do found=$(dirname "$found"); done
    stat -c %d "$found"
}

ours() { # whether it is a folder of the disk of the data
    case $path in "$data"/*) ! is_mount && [ "$(nearest "$path")" = "$(nearest "$data")" ] ;; *) return 1 ;; esac
}

shareable() { # what anybody makes in it gets its group, and may be changed by it whatever umask programs have
    group=${owner#*:} mode=$(stat -c %a "$path")
    others=---
    [ $((0$mode & 05)) != $((05)) ] || others=r-x
    if [ "$(stat -c %g "$path")" != "$group" ] && doing "$path: group $group"; then chgrp "$group" "$path"; fi
    if [ $((0$mode & 02070)) != $((02070)) ] && doing "$path: setgid, and writable for its group"; then
        chmod g+rwxs "$path"
    fi
    if ! command -v setfacl >/dev/null; then
        wrong "$path has to be writable for its group, with all that is made in it, and this machine has no setfacl: install its package acl."
    elif ! getfacl -cpd "$path" 2>/dev/null | grep -qx 'group::rwx' && doing "$path: what is made in it is writable for its group"; then
        setfacl -d -m "u::rwx,g::rwx,o::$others" "$path" ||
            wrong "$path is on a file system without ACLs, so that what is made in it would not stay writable for its group: choose another."
    fi
}

usable() { # tries it, in the folder itself: whoever has it mounted needs no way to it
    here=$path
    if cd "$path" 2>/dev/null; then here=.; fi
    case $access in
    read-only) verb="read" && said=$(member find "$here" -mindepth 1 -maxdepth 1 -print -quit 2>&1 >/dev/null) ;;
    *)
        # shellcheck disable=SC2016 # of the inner shell
        verb=written && said=$(member sh -c 'ls -fU "$1" >/dev/null && file=$(mktemp "$1/.cyberhubs-XXXXXX") && rm "$file"' sh "$here" 2>&1)
        ;;
    esac && return
    said=${said##*: }
    wrong "$path cannot be $verb by members (uid $uid, groups $groups): ${said:-it does not answer}. It belongs to $(patiently stat -c '%U:%G (%u:%g), mode %a' "$path"): give them the right to (as root: chown $owner $path), or say the group that has it (owner: {gid: ...})."
    return 1
}

look() { # whether members can have it
    leads=$(patiently readlink -m "$path") || leads=$path
    if [ "$leads" != "$path" ]; then
        wrong "$path leads to $leads by a link: write $leads as its source."
        return 1
    fi
    mounted=no
    if is_mount; then mounted=yes; fi
    if [ $mounted = no ] && meant_mounted; then
        wrong "$path is not mounted, and members would write into the empty folder below: mount it, or say mounted: false if a plain folder is meant."
        return 1
    fi
    if ! patiently test -d "$path"; then
        if is_mount; then
            wrong "$path does not answer: see to what is mounted there, then run the same command again."
            return 1
        elif recorded mounted || recorded plain; then
            wrong "$path is gone, and was there when it was set up: put it back, or make it anew (as root: mkdir $path && chown $owner $path)."
            return 1
        elif [ -e "$path" ] || ! ours; then
            wrong "$path is no folder of this machine: make it (as root: mkdir -p $path && chown $owner $path), or fix its source."
            return 1
        fi
        case $access in read-only) mode=0755 ;; read-write) mode=0770 ;; *) mode=0700 ;; esac
        folder "$mode" "$owner" "$path"
        [ -z "$check" ] || return 0
    fi
    if [ "$access" = read-write ] && ours; then shareable; fi
    usable
}

new=
for space; do
    # shellcheck disable=SC2086 # words, the path the last of them
    IFS=' ' read -r access kind owner path <<WORDS
$space
WORDS
    groups=$gid
    [ "${owner#*:}" = "$gid" ] || groups=$gid,${owner#*:}
    flag=plain
    if (look); then
        if is_mount; then flag=mounted; fi
    else
        [ -n "$check" ] || exit 1
        if recorded mounted; then flag=mounted; elif ! recorded plain; then continue; fi
    fi
    [ "$kind" = found ] || flag=$([ "$kind" = mounted ] && echo mounted || echo plain)
    new="$new$flag $path
"
done
if [ "$seen" != "${new%?}" ] && doing "$record: written"; then
    printf %s "$new" >"$record.new"
    mv -f "$record.new" "$record"
fi
owned 0400 "$uid:$gid" "$record"
