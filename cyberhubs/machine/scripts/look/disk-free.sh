# Bytes and inodes left where a path is, and how many of both there are: 0 inodes where nobody counts them.
# $1 path
set -eu
left=$(df --output=avail,iavail,size,itotal -B1 -- "$1")
echo "$left" | tail -n 1
