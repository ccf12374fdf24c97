# Removes the containers and networks that came with the disk from another machine; they hold no files.
# Uses common.sh.
alone
if ! docker version >/dev/null 2>&1; then
    [ -z "$check" ] || exit 0
    fail "Docker does not answer: journalctl -u docker says why."
fi
strangers() { # ps -a | network ls: ids of those that carry another machine's
    # shellcheck disable=SC2068 # words
    docker $@ --filter label=cyberhubs.machine --format '{{.ID}} {{.Label "cyberhubs.machine"}}' |
        awk -v own="$(cat /var/lib/cyberhubs/machine)" '$2 != own {print $1}'
}
containers=$(strangers ps -a)
networks=$(strangers network ls)
if [ -n "$containers" ] && doing "containers of another machine: $(echo "$containers" | wc -l) removed"; then
    # shellcheck disable=SC2086 # ids
    docker rm --force $containers >/dev/null
fi
if [ -n "$networks" ] && doing "networks of another machine: $(echo "$networks" | wc -l) removed"; then
    # shellcheck disable=SC2086
    docker network rm $networks >/dev/null
fi
