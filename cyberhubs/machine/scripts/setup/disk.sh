# The disk of all data: a file system on it if it is empty, mounted by its UUID. Uses common.sh and common-quotas.sh.
# $1 disk, $2 where it is mounted, $3 ext4 | xfs, $4 auto | number of inodes, $5 yes: use what is on it,
# $6 yes: with project quotas
# shellcheck disable=SC2154 # of common-quotas.sh
device=$1 mount=$2 filesystem=$3 inodes=$4 existing=$5 quotas=$6
label=cyberhubs
# Here from before a mkfs until after it: what mkfs leaves when it is cut off may be formatted again.
formatting=/var/lib/cyberhubs/formatting
alone

[ -e "$device" ] || fail "There is no disk $device (host.data) on this machine. It has: $(cd /dev/disk/by-id 2>/dev/null && echo *)"
[ -b "$device" ] || fail "$device (host.data) is not a disk."
disk=$(readlink -f "$device")

signature() { # name: of what is on the disk now
    blkid -p -s "$1" -o value "$disk" || :
}

found() { # in words, what is on the disk; empty if nothing is
    code=0
    blkid -p "$disk" >/dev/null 2>&1 || code=$?
    case $code in
    0) echo "$(signature TYPE) $(signature PTTYPE) $(signature LABEL)" | tr -s ' ' | sed 's/^ //; s/ $//' ;;
    2) # nothing that blkid is sure of; wipefs also knows remains
        wipefs --no-act --noheadings --output TYPE "$disk" 2>/dev/null | sort -u | tr '\n' ' ' | sed 's/ $//'
        ;;
    *) echo "more than one signature ($(wipefs --no-act --noheadings --output TYPE "$disk" | sort -u | tr '\n' ' ' | sed 's/ $//'))" ;;
    esac
}

ours() { # made by this script, be it of the other kind than an empty disk would get now
    case "$(signature TYPE) $(signature LABEL)" in
    "ext4 $label" | "xfs $label") ;;
    *) return 1 ;;
    esac
}

usable() { # refuses what is not ours, unless it may be used as it is
    ours && return
    if [ "$existing" != yes ]; then
        fail "There is $on_it on $device (host.data): nothing on it was touched. Say host.data.existing: true to use it as it is, or name another disk; to give it up, empty it yourself (wipefs --all $device)."
    fi
    case $(signature TYPE) in
    ext4 | xfs) ;;
    *) fail "There is $on_it on $device (host.data), which cannot carry the data as it is: host.data.existing needs an ext4 or xfs." ;;
    esac
}

broken() { # whether what is on the disk cannot even be read
    mkdir -p /run/cyberhubs-look
    mount -o ro "$disk" /run/cyberhubs-look 2>/dev/null || return 0
    umount /run/cyberhubs-look
    return 1
}

make_filesystem() {
    if [ "$quotas" = yes ] && ! kernel_has_quotas "$filesystem"; then
        fail "$no_kernel on $filesystem: $another_kernel. $device was not touched."
    fi
    if [ "$filesystem" = xfs ]; then
        set -- mkfs.xfs -q -f -L "$label" "$disk"
    else
        set -- "$disk"
        [ "$quotas" != yes ] || set -- -O quota,project -E quotatype=prjquota "$@"
        if [ "$inodes" = auto ]; then
            ratio=4096
            while [ $(($(blockdev --getsize64 "$disk") / ratio)) -ge 4294967295 ]; do ratio=$((ratio * 2)); done
            set -- -i "$ratio" "$@"
        else
            set -- -N "$inodes" "$@"
        fi
        set -- mkfs.ext4 -q -F -L "$label" "$@"
        tool=$1 && shift
        said=$("$tool" -n "$@" 2>&1) || fail "A file system of $inodes inodes does not fit on $device ($(blockdev --getsize64 "$disk") bytes): $(echo "$said" | tail -n 1). Set host.data.inodes to auto, or to fewer than $(($(blockdev --getsize64 "$disk") / 4096))."
        set -- "$tool" "$@"
    fi
    if doing "$device: $filesystem made"; then
        mkdir -p "${formatting%/*}"
        echo "$device" >"$formatting"
        sync "$formatting" "${formatting%/*}"
        run mkfs "$@" || fail "$1 failed: see above."
        sync "$disk"
        udevadm settle --timeout=10 2>/dev/null || :
    fi
}

on_it=$(found)
if mounted=$(findmnt -no SOURCE --mountpoint "$mount") && [ "$(readlink -f "$mounted")" != "$disk" ]; then
    fail "$mounted is mounted at $mount, where the data disk $device belongs: unmount it and take its line out of /etc/fstab."
fi
if [ -z "$mounted" ]; then
    if elsewhere=$(findmnt -no TARGET --source "$disk"); then
        fail "$device (host.data) is in use, it is mounted at $(echo "$elsewhere" | head -n 1): name another disk, or unmount it and take its line out of /etc/fstab."
    fi
    if [ "$(lsblk -nro NAME "$disk" | wc -l)" -gt 1 ] || [ -n "$(ls "/sys/class/block/${disk##*/}/holders" 2>/dev/null)" ]; then
        fail "$device (host.data) is in use, it carries $(lsblk -nro NAME "$disk" | tail -n +2 | tr '\n' ' '): nothing on it was touched. Name another disk, or one of these."
    fi
    if [ -z "$on_it" ]; then
        make_filesystem
    elif [ "$(cat "$formatting" 2>/dev/null)" = "$device" ] && ours && broken; then
        make_filesystem # an earlier one was cut off
    else
        usable
    fi
else
    usable
fi
uuid=$(signature UUID) type=$(signature TYPE)
if [ -n "$type" ] && [ -z "$mounted" ]; then
    if [ "$quotas" = yes ] && ! kernel_has_quotas "$type"; then
        fail "$no_kernel on $type: $another_kernel. Nothing on $device was touched."
    fi
    if [ "$type" != ext4 ]; then
        : # it gets them as it is mounted
    elif made_with_quotas "$disk"; then
        kernel_has_quotas ext4 ||
            fail "The file system on $device has project quotas, which the kernel of this machine ($(uname -r)) cannot mount: $another_kernel and take them away there (as root: tune2fs -O ^quota,^project $device). Nothing on it was touched."
    elif [ "$quotas" = yes ]; then
        fail "limits.disk needs project quotas, which the file system on $device has not. Give it some (as root: tune2fs -O quota,project -Q prjquota $device), then run the same command again, or leave limits.disk out. Nothing on it was touched."
    fi
fi
options=defaults
[ "$quotas" != yes ] || options=defaults,prjquota
if [ -n "$uuid" ]; then
    line="UUID=$uuid $mount $type $options,nofail,x-systemd.device-timeout=60s 0 2"
    others=$(awk -v at="$mount" '$1 !~ /^#/ && $2 == at' /etc/fstab | grep -vxF "$line" || :)
    if [ -n "$others" ] && ! echo "$others" | grep -q 'x-systemd.device-timeout=60s 0 2$'; then
        fail "/etc/fstab mounts something else at $mount ($others): take that line out."
    fi
    if ! grep -qxF "$line" /etc/fstab; then
        if doing "/etc/fstab: $mount"; then
            awk -v at="$mount" '$1 ~ /^#/ || $2 != at' /etc/fstab >/etc/.fstab.new
            echo "$line" >>/etc/.fstab.new
            chmod 0644 /etc/.fstab.new
            sync /etc/.fstab.new
            mv -f /etc/.fstab.new /etc/fstab
        fi
    fi
fi
if [ -z "$mounted" ]; then
    if doing "$device: mounted at $mount"; then
        systemctl daemon-reload
        mkdir -p "$mount"
        mount "$mount" || fail "$device cannot be mounted: see above. A file system that is damaged needs fsck; nothing on it was touched."
    fi
fi
[ -n "$check" ] || rm -f "$formatting"
