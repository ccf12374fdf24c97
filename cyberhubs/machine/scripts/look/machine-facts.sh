# What this machine is, as JSON. Uses common.sh and common-distribution.sh.
docker=false
if docker version >/dev/null 2>&1 && { [ -z "${SUDO_USER:-}" ] || id -nG "$SUDO_USER" | grep -qw docker; }; then
    docker=true
fi
# shellcheck disable=SC2154 # of common-distribution.sh
printf '{"id": "%s", "distribution": "%s", "docker": %s}\n' \
    "$(cat /var/lib/cyberhubs/machine 2>/dev/null)" "$distribution" "$docker"
