# A disk without partitions from /guest, and what boots it: no boot loader is needed.
set -eu
mkdir /image
cp /guest/boot/vmlinuz-* /image/kernel
cp /guest/boot/initrd.img-* /image/ramdisk
rm -f /guest/.dockerenv # which would tell systemd that it is in a container
echo guest >/guest/etc/hostname
echo '127.0.0.1 localhost' >/guest/etc/hosts
: >/guest/etc/resolv.conf
truncate -s 10G /disk
mkfs.ext4 -q -d /guest /disk
qemu-img convert -O qcow2 /disk /image/disk
rm -r /disk /guest
