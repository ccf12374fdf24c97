# Starts the cloud at this container's address and says "cloud up".
# shellcheck shell=bash
set -euo pipefail
here=/opt/lab logs=/var/log/lab
address=$(hostname -i)
guests=$([ -e /etc/lab/guests ] && echo yes || echo no)

service() { bash $here/service.sh start "$@"; }

failed() { # what
    echo "$1"
    tail -n 8 $logs/*.log
    exit 1
}

wait_for() { # port...
    local port
    for port in "$@"; do
        for _ in $(seq 1200); do
            (echo >"/dev/tcp/127.0.0.1/$port") 2>/dev/null && continue 2
            sleep 0.1
        done
        failed "nothing listens at port $port"
    done
}

said() { echo "$SECONDS s: $*"; }

until_is() { # condition as bash, what is missing otherwise
    for _ in $(seq 1200); do
        eval "$1" && return
        sleep 0.1
    done
    failed "$2"
}

reported() { # database, table, how many rows
    until_is "[ \"\$(mariadb -N $1 -e 'select count(*) from $2')\" -ge $3 ]" \
        "less than $3 of the $2 that $1 should know"
}

if [ "$guests" = yes ]; then
    bash $here/network.sh "$address"
    service libvirtd dns
fi
service mariadb epmd
wait_for 3306 4369
service rabbitmq
mariadb keystone -e "update endpoint set url = replace(url, '//127.0.0.1:', '//$address:')"
service keystone placement glance neutron nova-api nova-conductor nova-scheduler cinder-api \
    cinder-scheduler
wait_for 5672 5000 8778 9292 8774 9696 8776
for name in nova-conductor nova-scheduler cinder-scheduler; do
    until_is "grep -qE 'Starting (cinder-)?(conductor|scheduler) node' $logs/$name.log" "$name does not start"
done
said "services"
if [ "$guests" = yes ]; then
    service neutron-linuxbridge-agent # without it no port can be bound
    reported neutron agents 1
    service nova-metadata neutron-{dhcp,l3,metadata}-agent
fi
service nova-compute cinder-volume # which talk to the others as they start, and then seldom
python3 $here/content.py "$address" || failed "the cloud's content could not be made"
said "content"
reported placement inventories 3
[ "$guests" = no ] || reported neutron agents 4
said "cloud up"
exec sleep infinity
