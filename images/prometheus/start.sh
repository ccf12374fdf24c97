#!/bin/sh
# Starts Prometheus with its pages below the path of EXTERNAL_URL. Neither its settings nor its data can be changed through
# them, and no question takes more of memory and time than it has.
set -eu
exec prometheus --config.file=/srv/prometheus/prometheus.yaml \
    --web.listen-address=":$PORT" --web.external-url="$EXTERNAL_URL" \
    --storage.tsdb.path=/srv/prometheus/state \
    --storage.tsdb.retention.time="$RETENTION_TIME" --storage.tsdb.retention.size="$RETENTION_SIZE" \
    --query.max-samples=5000000 --query.max-concurrency=4 --query.timeout=30s
