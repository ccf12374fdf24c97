# Stops and removes all that a stack runs on this machine, if it is still the machine that it ran on, and
# writes all to the disk.
# $1 stack, $2 the machine's id, $3 its data directory, $4 unmount: the disk goes to another machine
set -eu
[ "$(cat /var/lib/cyberhubs/machine)" = "$2" ] && command -v docker >/dev/null || exit 0
docker version >/dev/null 2>&1 || systemctl start docker # what it runs must be seen to be stopped
label="label=cyberhubs.stack=$1"
containers=$(docker ps -aq --filter "$label")
if [ -n "$containers" ]; then
    # shellcheck disable=SC2086 # ids
    docker stop -t 10 $containers >/dev/null
    # shellcheck disable=SC2086
    docker rm --force $containers >/dev/null
fi
networks=$(docker network ls -q --filter "$label")
# shellcheck disable=SC2086
[ -z "$networks" ] || docker network rm $networks >/dev/null
rm -f "$3"/door/live/hubs/*.json
for unit in /etc/systemd/system/cyberhubs-mount-*.service; do
    [ ! -e "$unit" ] || systemctl -q disable --now "${unit##*/}"
    rm -f "$unit"
done
rm -rf /etc/cyberhubs/mounts /var/lib/cyberhubs/mounts
sync -f "$3"
echo "Stopped and removed: $(echo "$containers" | grep -c . || :) containers. All files stay in $3."
[ "$4" = unmount ] || exit 0
systemctl stop docker.socket docker.service containerd.service || :
if umount "$3"; then
    echo "Its disk is unmounted."
fi # or its journal sees to it
