# What the scripts for mounts have in common. Nothing here waits for a far side without a limit.
# shellcheck shell=sh disable=SC2034,SC2154 # used by, and of, what follows and what is before
mounts=/srv/cyberhubs/mounts
files=/etc/cyberhubs/mounts # the credentials, a folder for each mount
units=/etc/systemd/system

unit_of() { echo "cyberhubs-mount-$1.service"; } # name

answers() { # name, kind, ro | rw: says why members cannot use it, if so
    name=$1 said=/run/cyberhubs-mounts/$1
    mkdir -p "${said%/*}"
    if [ "$2" = rclone ]; then # whose mount would say what it remembers
        # shellcheck disable=SC2016 # of the inner shell
        try='rclone "$@" lsf --max-depth 1 "$0:" >/dev/null'
        # shellcheck disable=SC2016
        [ "$3" = ro ] || try='echo | rclone "$@" rcat "$0:.cyberhubs-check" && rclone "$@" deletefile "$0:.cyberhubs-check"'
        # shellcheck disable=SC2086 # variables, a word each
        attempt env $environment sh -c "$try" "$name" --config "$files/$name/rclone.conf" --contimeout 5s --timeout 10s \
            --retries 1 --low-level-retries 1 || return 0
    fi
    # shellcheck disable=SC2016
    try='grep -q " $0 " /proc/self/mountinfo || { echo "it is not mounted"; exit 1; }
        ls -fU "$0/" >/dev/null && cd "$0"'
    # shellcheck disable=SC2016
    [ "$3" = ro ] || try="$try"' && file=$(mktemp .cyberhubs-XXXXXX) && rm "$file"'
    attempt setpriv --reuid "$uid" --regid "$gid" --groups "$gid" --no-new-privs sh -c "$try" "$mounts/$name" || return 0
    rm -f "$said"
}

attempt() { # command...: whether it succeeds in time; says what is wrong, with the end of the mount's log
    # Apart from all that is open here: what waits for a file system in the kernel does not end when it is killed.
    timeout -k 1 25 "$@" >"$said" 2>&1 </dev/null 9>&- && return
    why=$(tail -n 1 "$said" | sed 's/^.*: //; s/\.*$//')
    run=$(systemctl show -p InvocationID --value "$(unit_of "$name")")
    log=$(journalctl -q -n 3 -o cat _TRANSPORT=stdout "_SYSTEMD_INVOCATION_ID=$run" 2>/dev/null |
        grep -v '^read: ' | tail -n 1 | sed 's/[.[:space:]]*$//')
    echo "$name cannot be used by members (uid $uid): ${why:-it does not answer}.${log:+ Its log ends with: $log.}"
    return 1
}
