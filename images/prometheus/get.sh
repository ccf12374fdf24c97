#!/bin/sh
# prometheus-get PATH: prints what Prometheus answers there; fails unless that is a success.
path=${EXTERNAL_URL#*://*/}
exec curl --silent --show-error --fail --max-time 10 "http://127.0.0.1:$PORT/${path%/}$1"
