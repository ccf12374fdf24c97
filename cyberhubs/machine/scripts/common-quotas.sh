# Project quotas, by which limits.disk holds: what a kernel and a file system must have for them.
# shellcheck shell=sh disable=SC2034 # used by what follows

kernel_has_quotas() { # ext4 | xfs
    case $1 in
    ext4) [ -d /proc/sys/fs/quota ] && modprobe -q quota_v2 ;;
    xfs) modprobe -q xfs && [ -e /proc/fs/xfs/xqmstat ] ;;
    *) return 1 ;;
    esac
}

# An ext4 that has them cannot be written by a kernel that has none.
made_with_quotas() { # disk with an ext4
    dumpe2fs -h "$1" 2>/dev/null | grep -q '^Filesystem features:.* project'
}

no_kernel="limits.disk needs project quotas, and the kernel of this machine ($(uname -r)) has none"
another_kernel="boot Debian's own (linux-image-amd64, or linux-image-cloud-amd64; on Ubuntu, linux-modules-extra-$(uname -r) may be what is missing), or leave limits.disk out"
