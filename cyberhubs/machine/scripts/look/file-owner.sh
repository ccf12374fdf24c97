# The uid that members' files belong to; nothing where there are none yet.
# $1 their directory
set -eu
for home in "$1"/*; do
    [ ! -d "$home" ] || stat -c %u "$home"
done | sort -u
