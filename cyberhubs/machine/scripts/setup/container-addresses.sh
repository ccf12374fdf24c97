# Whether Docker's networks may have the addresses they are to have: on a range that leads elsewhere, nobody there
# could reach the machine. $1 the range, $2 the port of ssh. Uses common.sh.
range=$1 ssh=$2

inside() { # reads networks or addresses, one a line: prints the first that shares addresses with the range
    awk -v range="$range" '
        function number(text, part) {
            split(text, part, ".")
            return ((part[1] * 256 + part[2]) * 256 + part[3]) * 256 + part[4]
        }
        function size(text, part) { return 2 ^ (32 - (split(text, part, "/") == 2 ? part[2] : 32)) }
        BEGIN { first = number(range); last = first + size(range) - 1 }
        number($1) <= last && number($1) + size($1) - 1 >= first { print; exit }'
}

advice="write another range into the stack file, under host.containerNetworks, that is used nowhere in your networks"
# Docker's own lead to containers.
route=$(ip -4 route show | grep -Ev '^default| dev (docker0|br-|ch-)' | sed 's/^\(unreachable\|blackhole\|prohibit\) //' | inside)
if [ -n "$route" ]; then
    fail "Docker's networks were to have addresses of $range, and this machine has a route to some of them (${route%% }): nothing was changed; $advice."
fi
peer=$(ss -Htn state established "( sport = :$ssh )" | awk '{ sub(/:[0-9]+$/, "", $4); print $4 }' |
    sed 's/^\[::ffff://; s/]$//' | grep -v : | inside)
if [ -n "$peer" ]; then
    fail "Docker's networks were to have addresses of $range, and somebody is logged in here from $peer, who would be cut off: nothing was changed; $advice."
fi
