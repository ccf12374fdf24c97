# Whether members can use the mounts, all at once: a line for each that they cannot, with its name first.
# $1 uid and $2 gid of members, $3 variables for the way out; for each mount one more: its name, kind, and ro | rw
# Uses common.sh and common-mounts.sh.
# shellcheck disable=SC2034,SC2154 # for, and of, common-mounts.sh
uid=$1 gid=$2 environment=$3
shift 3
for mount; do
    # shellcheck disable=SC2086 # words
    set -- $mount
    [ ! -e "$units/$(unit_of "$1")" ] || answers "$@" & # one that is new is yet to be made
done
wait
