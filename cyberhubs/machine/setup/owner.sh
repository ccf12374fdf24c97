# The uid that members' files belong to; nothing where there are none yet.
# $1 data directory
set -eu
for home in "$1"/jupyterhub_users/*; do
    [ ! -d "$home" ] || stat -c %u "$home"
done | sort -u
