# Boots the guest with the job in /job.tar, and ends with it; its console is on stdout.
set -eu
truncate -s 2G /first /second
# What a guest writes to its own disk is gone with it.
exec timeout 800 qemu-system-x86_64 -machine q35 -accel tcg -cpu max -smp 2 -m 1024 -display none -no-reboot -nic none \
    -kernel /image/kernel -initrd /image/ramdisk \
    -append 'root=/dev/vda rw init=/sbin/guest-init console=ttyS0 quiet panic=-1' \
    -drive file=/image/disk,format=raw,if=virtio,snapshot=on \
    -drive file=/first,format=raw,if=virtio \
    -drive file=/job.tar,format=raw,if=virtio,readonly=on \
    -drive file=/second,format=raw,if=virtio \
    -serial stdio -serial file:/answer
