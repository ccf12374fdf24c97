# An engine that keeps all that it has on the file system at $1, and a container on it that writes 100 MB outside of any mount,
# with room for 64: how many bytes it has, and what stopped it; or why there is no such container.
set -eu
docker=/usr/bin/docker # the first one on the PATH does nothing, for the scripts of the setup
root=$1/engine
mountpoint -q /sys/fs/cgroup || mount -t cgroup2 cgroup2 /sys/fs/cgroup
dockerd --data-root "$root" --exec-root /run/engine --pidfile /run/engine.pid --bridge none --iptables=false >&2 2>&1 &
waited=0
until $docker version >/dev/null 2>&1; do
    [ "$waited" -lt 120 ] || exit 1
    waited=$((waited + 1))
    sleep 1
done
tar -C / -c bin/busybox | $docker import - writer >&2
$docker run --rm --network none --storage-opt size=64m writer /bin/busybox sh -c '
    /bin/busybox dd if=/dev/zero of=/big bs=1048576 count=100 2>/said
    /bin/busybox stat -c %s /big
    /bin/busybox cat /said' 2>&1 | grep -v "records" || :
kill %1
wait || :
