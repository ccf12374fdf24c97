# Bytes and inodes left where a path is, and how many inodes there are: 0 where nobody counts them.
# $1 path
set -eu
left=$(df --output=avail,iavail,itotal -B1 -- "$1")
echo "$left" | tail -n 1
