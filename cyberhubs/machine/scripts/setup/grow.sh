# The file system of all data becomes as large as its disk. Uses common.sh.
# $1 where it is mounted, $2 GB that its disk is to have at least
alone

if ! disk=$(findmnt -no SOURCE --mountpoint "$1"); then
    [ -z "$check" ] || exit 0
    fail "Nothing is mounted at $1."
fi
filesystem=$(findmnt -no FSTYPE --mountpoint "$1")

disk_bytes() { blockdev --getsize64 "$disk"; }

seconds=60 # a disk that grew in the cloud a moment ago
while [ -z "$check" ] && [ "$(disk_bytes)" -lt $(($2 * 1073741824)) ]; do
    [ $seconds -gt 0 ] ||
        fail "The machine sees $(disk_bytes) bytes of its volume's $2 GB: restart it, then run the same command again."
    seconds=$((seconds - 1))
    sleep 1
done
case $filesystem in
ext4)
    size=$(dumpe2fs -h "$disk" 2>/dev/null | awk -F: '/^Block count/ {n = $2} /^Block size/ {s = $2} END {printf "%.0f", n * s}')
    set -- "$1" resize2fs "$disk"
    ;;
xfs)
    size=$(xfs_info "$1" | awk -F'[=, ]+' '$1 == "data" {printf "%.0f", $3 * $5}')
    set -- "$1" xfs_growfs "$1"
    ;;
esac
# Less than one of ext4's block groups more is not worth it, and it may not take that.
if [ "$(($(disk_bytes) - size))" -gt 134217728 ] && doing "$1: grown to the size of its disk"; then
    shift
    run grow "$@" || fail "The file system did not grow: see above."
fi
