# Finds the disk that is a volume, by the volume's id, and keeps its name in a link.
# $1 the volume's id, $2 the link
set -eu
# virtio keeps 20 characters of it, and the other kinds of disk all.
short=$(echo "$1" | cut -c 1-20)
seconds=120
while :; do
    for disk in /dev/disk/by-id/*"$short"*; do
        case $disk in
        *-part[0-9]*) ;;
        *) [ ! -b "$disk" ] || break 2 ;;
        esac
    done
    if [ $seconds -le 0 ]; then
        echo "Volume $1 is attached, and the machine has no disk of that name. It has: $(cd /dev/disk/by-id 2>/dev/null && echo *)" >&2
        exit 1
    fi
    seconds=$((seconds - 1))
    sleep 1
done
mkdir -p "${2%/*}"
ln -sfn "$disk" "$2"
