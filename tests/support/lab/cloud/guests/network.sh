# Puts this container's interface into a bridge, so that floating IPs are addresses on Docker's network.
# shellcheck shell=bash
set -euo pipefail
address=$1
[ -e /sys/class/net/br-public ] && exit
mount -o remount,rw /sys
gateway=$(ip route show default | cut -d ' ' -f 3)
ip link add br-public address "$(cat /sys/class/net/eth0/address)" type bridge
ip link set br-public up
ip address flush dev eth0
ip link set eth0 master br-public
ip address add "$address/24" dev br-public
ip route add default via "$gateway"
mkdir -p /var/lib/lab/nfs /var/lib/lab/nova/instances
