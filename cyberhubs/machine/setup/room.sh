# Bytes and inodes left where a path is.
# $1 path
set -eu
df --output=avail,iavail -B1 -- "$1" | tail -n 1
