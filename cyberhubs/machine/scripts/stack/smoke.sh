# Whether the front door leads to a hub, and each of its applications starts once; a failure ends
# with the hub's own words.
# $1 the hub's container, $2 the door's, $3 the hub's prefix; its applications come by stdin, as JSON
set -eu
applications=$(cat)
docker exec "$1" cyberhubs-smoke "$applications" || {
    # 1: it said what is wrong; above 125: Docker could not run it, or something ended it.
    echo "The hub does not work (its smoke test ended with $?). The end of its log:" >&2
    docker logs --tail 30 "$1" 2>&1 | sed 's/^/  /' >&2
    exit 1
}
docker exec "$2" door-get "$3hub/health" >/dev/null || {
    echo "The hub works and the front door does not lead to it. The end of the door's log:" >&2
    docker logs --tail 30 "$2" 2>&1 | sed 's/^/  /' >&2
    exit 1
}
