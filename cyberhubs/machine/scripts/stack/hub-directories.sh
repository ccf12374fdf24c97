# The directories of one hub, and its secrets: made once, never changed. Uses common.sh.
# $1 the hub's directory, $2 its members' homes, $3 its passes at the front door, $4 uid and $5 gid that the hub runs as
# shellcheck disable=SC1091,SC2034
command -v doing >/dev/null || { check= && . "${0%/*}/../common.sh"; }
umask 077
hub=$1 uid=$4 gid=$5

for directory in "" /secrets /state /live /config; do
    folder 0700 "$uid:$gid" "$hub$directory"
done
theirs "$uid:$gid" "$hub" # as after it was put back by root
folder 0700 "$uid:$gid" "$2"
folder 0700 "$uid:$gid" "$3"

for secret in proxy_token cookie_secret crypt_key password; do
    file=$hub/secrets/$secret
    if [ ! -s "$file" ] && doing "$file: made"; then
        bytes=32
        [ "$secret" != password ] || bytes=12
        head -c "$bytes" /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$file.new"
        mv -f "$file.new" "$file"
    fi
    owned 0400 "$uid:$gid" "$file"
done
