# The folders of the earlier shell-script Cyberhubs, beside those of the stack: scratch room, data for all, room for all. Uses common.sh.
# $1 where the data is mounted, $2 uid and $3 gid of members
mount=$1 uid=$2 gid=$3
alone

folder 1777 0:0 "$mount/tmp"
for space in data user; do # a data space's own settings say more
    [ -d "$mount/$space" ] || folder 0755 "$uid:$gid" "$mount/$space"
done
