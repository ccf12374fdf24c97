# Whether a container has the limits that Docker's settings say: what is set is not always what holds.
# $1 an image
set -eu
wanted=$(sed -n 's/.*"Soft": \(-*[0-9]*\), .*/\1/p' /etc/docker/daemon.json | sed 's/^-1$/unlimited/' | tr '\n' ' ')
seen=$(docker run --rm --network none --read-only --cap-drop ALL "$1" cat /proc/self/limits) || {
    echo "No container starts on this machine: see above." >&2
    exit 1
}
seen=$(echo "$seen" | awk '/^Max open files/ {files = $4} /^Max processes/ {processes = $3} END {print files, processes}')
[ "$seen " = "$wanted" ] || {
    echo "A container on this machine may open $seen files and run so many processes, instead of $wanted: does something else hold Docker down (systemctl cat docker)?" >&2
    exit 1
}
