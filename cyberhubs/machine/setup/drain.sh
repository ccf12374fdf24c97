# Stops and removes the servers that a hub has started; their files stay. They are the hub's, so Pulumi does not know them.
# $1 stack, $2 hub
set -eu
servers=$(docker ps -aq --filter "label=cyberhubs.stack=$1" --filter "label=cyberhubs.hub=$2" --filter label=cyberhubs.role=user)
[ -z "$servers" ] || {
    # shellcheck disable=SC2086 # ids, one word each
    docker stop -t 10 $servers
    # shellcheck disable=SC2086
    docker rm --force $servers
} >/dev/null
