# The directories of one hub, and its secrets: made once, never changed. Uses common.sh.
# $1 the hub's directory, $2 its members' homes, $3 its passes at the front door, $4 what the door serves of its
# applications, $5 uid and $6 gid that the hub runs as
# shellcheck disable=SC1091,SC2034
command -v doing >/dev/null || { check= && . "${0%/*}/../common.sh"; }
umask 077
hub=$1 uid=$5 gid=$6

for directory in "" /secrets /state /live /config; do
    folder 0700 "$uid:$gid" "$hub$directory"
done
theirs "$uid:$gid" "$hub" # as after it was put back by root
folder 0700 "$uid:$gid" "$2"
folder 0700 "$uid:$gid" "$3"
folder 0700 "$uid:$gid" "$4"

for name in proxy_token cookie_secret crypt_key; do
    secret 32 "$uid:$gid" "$hub/secrets/$name"
done
secret 12 "$uid:$gid" "$hub/secrets/password"
