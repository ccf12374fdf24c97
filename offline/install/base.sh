#!/bin/sh
# base.sh SUITE ROOT CACHE [MIRROR]: a small Debian in the folder ROOT.
# Apt's sources for it come by stdin; none: as debootstrap leaves them.
# Meant for a mount namespace of its own, so that what is mounted in ROOT goes when this is killed.
set -eu
umask 022
suite=$1 root=$2 cache=$3 mirror=${4:-}
export DEBIAN_FRONTEND=noninteractive PATH="$PATH:/usr/sbin:/sbin"

# Without a sync after each file, as in Debian's own image: what is half written is thrown away.
mkdir -p "$root/etc/dpkg/dpkg.cfg.d"
echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/docker-apt-speedup"

# As `sid`: each release is made as that was, and not every debootstrap knows its name.
debootstrap --variant=minbase --cache-dir="$cache" "$suite" "$root" "$mirror" sid
sources=$(cat)
if [ -n "$sources" ]; then
  echo "$sources" >"$root/etc/apt/sources.list"
  chroot "$root" apt-get update
  chroot "$root" apt-get upgrade -y
fi

# What no container reads is left out, now and when packages are added, as in Debian's own image.
cd "$root"
for name in doc man info groff lintian locale; do
  echo "path-exclude /usr/share/$name/*" >>etc/dpkg/dpkg.cfg.d/docker
  [ ! -d "usr/share/$name" ] || find "usr/share/$name" ! -type d ! -name copyright -delete
done
echo "path-include /usr/share/doc/*/copyright" >>etc/dpkg/dpkg.cfg.d/docker
find usr/share -type d -empty -delete
rm -rf var/cache/apt/* var/lib/apt/lists/* var/log/*
