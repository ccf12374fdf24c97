# The directories of the front door, and the token with which its figures and the hubs' are read. Uses common.sh.
# $1 its directory, $2 uid and $3 gid that the door runs as
# shellcheck disable=SC1091,SC2034
command -v doing >/dev/null || { check= && . "${0%/*}/../common.sh"; }
umask 077
for directory in "" /live /live/hubs /live/passes /live/first-page /live/certificates /state; do
    folder 0700 "$2:$3" "$1$directory"
done
theirs "$2:$3" "$1"
secret 32 "$2:$3" "$1/live/metrics_token"
