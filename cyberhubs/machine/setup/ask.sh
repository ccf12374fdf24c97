# What the front door answers on the machine's own loopback: the first line.
# $1 port
set -eu
# shellcheck disable=SC2016 # for bash
timeout 5 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" && printf "GET / HTTP/1.0\r\n\r\n" >&3 && head -n 1 <&3' bash "$1"
