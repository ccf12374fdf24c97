# The directories of the front door.
# $1 data directory, $2 uid and $3 gid that the door runs as
set -eu
umask 077
for directory in "" /live /live/hubs /live/passes /live/certificates /state; do
    mkdir -p "$1/door$directory"
    chmod 0700 "$1/door$directory"
    [ "$(id -u)" != 0 ] || chown "$2:$3" "$1/door$directory"
done
