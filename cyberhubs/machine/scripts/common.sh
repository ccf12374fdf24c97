# What the scripts that set a machine up have in common. Each of them prints one line for each thing
# that it changes or, with check=yes, would change; nothing to print is nothing to do.
# shellcheck shell=sh disable=SC2034 # used by what follows
set -eu
export LC_ALL=C PATH="/usr/local/sbin:/usr/sbin:/sbin:$PATH"

fail() {
    echo "$*" >&2
    exit 1
}

doing() { # what: says it; true if it is to be done
    echo "$*"
    [ -z "$check" ]
}

alone() { # waits for a run that was cut off here and goes on there
    [ -z "$check" ] || return 0
    exec 9>/run/lock/cyberhubs-setup
    flock -n 9 && return
    echo "Waiting up to 20 minutes for an earlier setup of this machine to end." >&2
    flock -w 1200 9 || fail "An earlier setup of this machine does not end: look there with ps, or restart it."
}

write() { # path, mode, content: puts the file there, whole, if it differs; true if it does
    if [ -f "$1" ] && [ "$(cat "$1")" = "$3" ]; then return 1; fi
    if doing "$1: written"; then
        mkdir -p "${1%/*}"
        new=${1%/*}/.${1##*/}.new
        printf '%s\n' "$3" >"$new"
        chmod "$2" "$new"
        sync "$new"
        mv -f "$new" "$1"
    fi
}

owned() { # mode, owner (uid:gid, root's to give), path: put right if it is there
    [ -e "$3" ] || return 0
    wanted=$1 format=%04a
    if [ "$(id -u)" = 0 ]; then wanted="$1 $2" format='%04a %u:%g'; fi
    if [ "$(stat -c "$format" "$3")" != "$wanted" ] && doing "$3: $wanted"; then
        chmod "$1" "$3"
        [ "$(id -u)" != 0 ] || chown "$2" "$3"
    fi
}

folder() { # mode, owner, path: made or put right, its content left alone
    if [ ! -d "$3" ] && doing "$3: made"; then mkdir -p "$3"; fi
    owned "$@"
}

secret() { # bytes, owner (uid:gid), path: made once, in hexadecimal digits, and never changed
    if [ ! -s "$3" ] && doing "$3: made"; then
        head -c "$1" /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$3.new"
        mv -f "$3.new" "$3"
    fi
    owned 0400 "$2" "$3"
}

theirs() { # owner (uid:gid, root's to give), path: put right if anything below it is another user's
    [ -d "$2" ] || return 0
    other=$(find "$2" -xdev ! -uid "${1%:*}" 2>/dev/null | head -n 1)
    if [ -n "$other" ] && doing "$other, and perhaps more below $2: $1"; then
        [ "$(id -u)" = 0 ] || fail "Only root can give back what is another user's: as root, chown -R $1 $2, then run the same command again."
        find "$2" -xdev ! -uid "${1%:*}" -exec chown -h "$1" {} +
    fi
}

unit() { # path, content: a file of systemd's, which reads it at once; true if it differs
    write "$1" 0644 "$2" || return
    [ -n "$check" ] || systemctl daemon-reload || fail "systemd cannot read $1: see above."
}

run() { # log, command...: shows the log's end only if the command fails
    log=/var/log/cyberhubs/$1.log
    shift
    mkdir -p /var/log/cyberhubs
    "$@" >"$log" 2>&1 </dev/null && return
    tail -n 8 "$log" | sed 's/^/  | /' >&2
    if grep -qi 'no space left\|enough free space' "$log"; then
        fail "The machine's disk is full ($(df -h --output=avail / | tail -n 1 | tr -d ' ') left on /), see above: make room there, then run the same command again."
    fi
    return 1
}
