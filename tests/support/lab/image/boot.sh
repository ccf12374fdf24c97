#!/bin/sh
# The firmware's part: devices and control groups can be written, the disks are there, the machine has keys.
set -eu
mount -o remount,rw /sys
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    mount -o remount,rw /sys/fs/cgroup
else # version 1: those that Docker has put there cannot be written
    umount -R /sys/fs/cgroup
    mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
    while IFS=: read -r _ controllers _; do
        [ -n "$controllers" ] || continue
        mkdir "/sys/fs/cgroup/${controllers#name=}"
        mount -t cgroup -o "$controllers" cgroup "/sys/fs/cgroup/${controllers#name=}"
    done </proc/self/cgroup
    set -- systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1
fi
mount --make-rshared /
/usr/local/sbin/disks
ssh-keygen -A >/dev/null
exec /sbin/init "$@"
