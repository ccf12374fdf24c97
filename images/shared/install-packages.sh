#!/bin/sh
# The first step of each image: trust the site's certificates (PEM text in SITE_CERTIFICATES,
# may be empty), bring what the base has up to date if there is a day in REFRESHED, then install the
# Debian packages named as arguments. Their versions are not pinned: Debian stable changes them for
# security only.
set -eu

certificates=/usr/local/share/ca-certificates
mkdir -p "$certificates"
printf '%s\n' "${SITE_CERTIFICATES:-}" | awk -v dir="$certificates" '
    /-----BEGIN CERTIFICATE-----/ { file = dir "/site-" ++n ".crt" }
    file { print > file }
    /-----END CERTIFICATE-----/ { close(file); file = "" }
'
# Where the base image has this program, apt itself may need the certificates.
if command -v update-ca-certificates >/dev/null; then update-ca-certificates; fi

export DEBIAN_FRONTEND=noninteractive
apt-get -o Acquire::Retries=3 update
if [ -n "${REFRESHED:-}" ]; then apt-get -o Acquire::Retries=3 upgrade --yes; fi
apt-get -o Acquire::Retries=3 install --yes --no-install-recommends ca-certificates "$@"
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/apt /var/log/dpkg.log
