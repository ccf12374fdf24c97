# The directories of one hub, and its secrets: made once, never changed.
# $1 data directory, $2 hub, $3 uid and $4 gid that the hub runs as
set -eu
umask 077
hub=$1/hubs/$2 uid=$3 gid=$4

owned() { # mode, path
    chmod "$1" "$2"
    [ "$(id -u)" != 0 ] || chown "$uid:$gid" "$2"
}

for directory in "" /secrets /state /live /config; do
    mkdir -p "$hub$directory"
    owned 0700 "$hub$directory"
done

for directory in "$1/jupyterhub_users/$2" "$1/door/live/passes/$2"; do
    mkdir -p "$directory"
    owned 0700 "$directory"
done

for secret in proxy_token cookie_secret crypt_key password; do
    file=$hub/secrets/$secret
    if [ ! -s "$file" ]; then
        bytes=32
        [ "$secret" != password ] || bytes=12
        head -c "$bytes" /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$file.new"
        mv -f "$file.new" "$file"
    fi
    owned 0400 "$file"
done
