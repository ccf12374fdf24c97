#!/bin/sh
# The bus's part: each disk of /etc/lab-disks (lines of: device, major, minor, name) gets its node
# and its name in /dev/disk/by-id; the nodes of those that are no longer there go.
set -eu
rules=/etc/udev/rules.d/60-lab.rules
disks=/etc/lab-disks
sed -n 's/^KERNEL=="\([^"]*\)".*/\1/p' $rules 2>/dev/null | while read -r device; do
    grep -q "^$device " $disks || rm -f "/dev/$device"
done
while read -r device major minor name; do
    [ -e "/dev/$device" ] || mknod "/dev/$device" b "$major" "$minor"
    echo "KERNEL==\"$device\", SYMLINK+=\"disk/by-id/$name\""
done <$disks >$rules
# A machine that starts reads it by itself, and one that ends has no use for it.
[ "${1-}" = running ] && [ -e /run/udev/control ] || exit 0
udevadm control --reload
udevadm trigger --settle --subsystem-match=block
systemctl daemon-reload
