# Files of other machines, mounted by a service each, which systemd starts again whenever it ends.
# Uses common.sh, common-distribution.sh and common-mounts.sh.
# $1 uid and $2 gid of members, $3 variables for the way out, $4 the data directory; for each mount one more: its name,
# kind (sshfs | rclone | nfs), ro | rw, and the command that mounts it. By stdin their credentials, a line for each
# file: its path below $files, and its content in base64
# shellcheck disable=SC2034,SC2154 # for, and of, common-mounts.sh
uid=$1 gid=$2 environment=$3 data=$4
shift 4
proved=/var/lib/cyberhubs/mounts # for each, a digest of the settings with which it has answered
alone
umask 077
credentials=$(cat)

files_of() { # name
    echo "$credentials" | sed -n "s|^\($1/[^ ]*\) .*|$files/\1|p" | tr '\n' ' '
}

unmounted() { # name: its service ended, with what servers have open
    using=$(docker ps -q 2>/dev/null | xargs -r docker inspect -f '{{.Name}} {{range .Mounts}}{{.Source}} {{end}}' |
        sed -n "s|^/\([^ ]*\) .*$mounts/$1[/ ].*|\1|p" | tr '\n' ' ')
    [ -z "$using" ] || echo "Mount $1 is taken from servers that run, until their next start: ${using% }"
    systemctl stop "$(unit_of "$1")"
    rm -f "$proved/$1"
}

service() { # name, kind, command: the unit
    case $2 in
    sshfs) type=exec again=always ;;
    rclone) type=notify again=always ;;
    nfs) type=oneshot again=on-failure ;;
    esac
    # The folder is there while something is mounted on it: nobody can write into an empty one.
    cat <<UNIT
[Unit]
Description=Mount $1 of Cyberhubs
Wants=network-online.target
After=network-online.target
RequiresMountsFor=$data
StartLimitIntervalSec=0
[Service]
Type=$type
RemainAfterExit=$([ "$type" = oneshot ] && echo yes || echo no)
${environment:+Environment=$environment
}ExecStartPre=/bin/sh -c 'umount -cil $mounts/$1 2>/dev/null; mkdir -p $mounts/$1'
ExecStart=$3
ExecStartPost=/bin/sh -c 'until grep -q " $mounts/$1 " /proc/self/mountinfo; do sleep 0.1; done'
ExecStopPost=-/bin/sh -c 'umount -cil $mounts/$1 2>/dev/null; rmdir $mounts/$1'
Restart=$again
RestartSec=10
OOMScoreAdjust=-500
TimeoutStartSec=30
TimeoutStopSec=10
[Install]
WantedBy=multi-user.target
UNIT
}

configuration() { # its lines, some still to be obscured: as rclone reads it, and renews some of it
    while IFS= read -r line; do
        case $line in
        "obscure "*) line=${line#obscure } && line="${line%% =*} = $(printf %s "${line#*= }" | rclone obscure -)" ;;
        esac
        printf '%s\n' "$line"
    done
}

digest() { # of what the service reads
    # shellcheck disable=SC2046 # paths, a word each
    cat "$units/$unit" $(files_of "$name") 2>/dev/null | sha256sum
}

for path in "$units"/cyberhubs-mount-*.service; do
    name=${path#*/cyberhubs-mount-} name=${name%.service}
    for mount; do [ "${mount%% *}" != "$name" ] || continue 2; done
    if [ -e "$path" ] && doing "$name: unmounted"; then
        unmounted "$name"
        systemctl -q disable "$(unit_of "$name")"
        rm -rf "$path" "${files:?}/$name"
        systemctl daemon-reload
        systemctl reset-failed "$(unit_of "$name")" 2>/dev/null || :
    fi
done

for mount; do
    IFS=' ' read -r name kind access command <<WORDS
$mount
WORDS
    case $kind in
    sshfs) want_packages sshfs ;;
    rclone) want_packages rclone fuse3 ;;
    nfs)
        modprobe nfs 2>/dev/null || grep -qw nfs /proc/filesystems ||
            fail "Mount $name is of an NFS server, and this machine's kernel has no NFS: give the machine one that has, or use sshfs."
        want_packages nfs-common
        ;;
    esac
    unit=$(unit_of "$name")
    before=$(digest)
    echo "$credentials" | while IFS=' ' read -r path content; do
        case $path in "$name"/*) write "$files/$path" 0600 "$(echo "$content" | base64 -d)" || : ;; esac
    done
    unit "$units/$unit" "$(service "$name" "$kind" "$command")" || :
    if [ "$before" != "$(digest)" ] || [ "$(cat "$proved/$name" 2>/dev/null)" != "$before" ]; then
        if doing "$name: mounted with these settings"; then
            unmounted "$name"
            [ "$kind" != rclone ] || configuration <"$files/$name/remote" >"$files/$name/rclone.conf"
            systemctl -q enable "$unit"
            systemctl start "$unit" 2>/dev/null || : # its log is shown below
            wrong=$(answers "$name" "$kind" "$access")
            if [ -n "$wrong" ]; then
                systemctl stop "$unit"
                fail "Mount $wrong Set it right in the stack file, or see to its far side, then run the same command again."
            fi
            mkdir -p $proved
            digest >"$proved/$name"
        fi
    else
        case $(systemctl is-active "$unit") in
        active | activating) ;; # or tried again by systemd
        *) ! doing "$unit: started" || systemctl --no-block start "$unit" ;;
        esac
    fi
done
