# What the program needs to know of the engine, as JSON, once it answers.
set -eu
docker version >/dev/null || { echo "Docker does not answer: sudo systemctl start docker, or journalctl -u docker says why not." >&2; exit 1; }
printf '{"socketGid": "%s", "mtu": "%s"}\n' "$(stat -c %g /var/run/docker.sock)" \
    "$(sed -n 's/.*"mtu": \([0-9]*\).*/\1/p' /etc/docker/daemon.json)"
