# Stops and removes the servers that a hub has started; their files stay. They are the hub's, so Pulumi does not know them.
# $1 data directory, $2 stack, $3 hub
set -eu
of_role() { docker ps -aq --filter "label=cyberhubs.stack=$2" --filter "label=cyberhubs.hub=$3" --filter "label=cyberhubs.role=$4"; }
servers=$(of_role "$@" user)
if [ -n "$servers" ]; then
    # shellcheck disable=SC2086 # ids, one word each
    docker stop -t 10 $servers >/dev/null
    # shellcheck disable=SC2086
    docker rm --force $servers >/dev/null
fi
helpers=$(of_role "$@" helper)
# shellcheck disable=SC2086
[ -z "$helpers" ] || docker rm --force $helpers >/dev/null 2>&1 || : # they end by themselves, too
# Given anew to whom its database still knows, and made anew with the hub.
rm -rf "$1/door/live/passes/$3" "$1/door/live/first-page/$3"
echo "Hub $3 is removed; servers stopped: $(echo "$servers" | grep -c . || :)."
echo "Its members' files stay in $1/jupyterhub_users/$3, its database and secrets in $1/hubs/$3."
