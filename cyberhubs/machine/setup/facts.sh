# What this machine is, as JSON. Uses common.sh.
if docker version >/dev/null 2>&1; then docker=true; else docker=false; fi
# shellcheck disable=SC2154 # of distribution.sh
printf '{"id": "%s", "distribution": "%s", "docker": %s}\n' \
    "$(cat /var/lib/cyberhubs/machine 2>/dev/null)" "$distribution" "$docker"
