# Whether somebody who has a key may log in. The file is replaced whole, so that nobody is shut out half way.
# $1 user, $2 add | remove, $3 the public key, as "type base64"
set -eu
file=$(getent passwd "$1" | cut -d: -f6)/.ssh/authorized_keys
base64=$(echo "$3" | cut -d' ' -f2)
if [ "$2" = add ]; then
    grep -qsF "$base64" "$file" && exit 0
elif ! grep -qsF "$base64" "$file"; then
    exit 0
fi
cp -p "$file" "$file.new"
grep -vF "$base64" "$file" >"$file.new" || :
[ "$2" != add ] || echo "$3" >>"$file.new"
sync "$file.new"
mv -fT "$file.new" "$file"
