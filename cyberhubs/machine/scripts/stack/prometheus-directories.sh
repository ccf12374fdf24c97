# The directories of a stack's own Prometheus. Uses common.sh.
# $1 its directory, $2 uid and $3 gid that it runs as
# shellcheck disable=SC1091,SC2034
command -v doing >/dev/null || { check= && . "${0%/*}/../common.sh"; }
umask 077
for directory in "" /live /state; do
    folder 0700 "$2:$3" "$1$directory"
done
theirs "$2:$3" "$1"
