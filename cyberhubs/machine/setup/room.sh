# Bytes and inodes left where a path is.
# $1 path
set -eu
left=$(df --output=avail,iavail -B1 -- "$1")
echo "$left" | tail -n 1
