# Starts each application of a hub once; a failure ends with the hub's own words.
# $1 the hub's container; its applications come by stdin, as JSON
set -eu
applications=$(cat)
docker exec "$1" cyberhubs-check "$applications" || {
    echo "The hub does not do its work. The end of its log:" >&2
    docker logs --tail 30 "$1" 2>&1 | sed 's/^/  /' >&2
    exit 1
}
