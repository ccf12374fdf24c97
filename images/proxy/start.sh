#!/bin/sh
# Starts the proxy with the token of a mounted file, so that the token is in no argument and not
# in the container's settings. Routes come from the hub. Extra arguments go to the proxy.
set -eu
CONFIGPROXY_AUTH_TOKEN=$(cat /run/secrets/proxy_token)
if [ -z "$CONFIGPROXY_AUTH_TOKEN" ]; then
    echo "/run/secrets/proxy_token is empty: write a token into it and start again." >&2
    exit 1
fi
export CONFIGPROXY_AUTH_TOKEN NODE_ENV=production
exec node --import /opt/proxy/end-refused-websockets.mjs \
    /opt/proxy/node_modules/configurable-http-proxy/bin/configurable-http-proxy \
    --no-x-forward --ip 0.0.0.0 --port 8000 --api-ip 0.0.0.0 --api-port 8001 \
    --error-path /opt/proxy/errors "$@"
