# service.sh start|stop NAME...: services of the cloud; each has its log and its pid's file.
# shellcheck shell=bash
set -euo pipefail
etc=/etc/lab run=/run/lab logs=/var/log/lab
mkdir -p $run $logs

background() { # name, command...
    local name=$1
    shift
    setsid "$@" >>"$logs/$name.log" 2>&1 </dev/null &
    echo $! >"$run/$name.pid"
}

python() { # name, module, configuration
    local files=(--config-file "$etc/common.conf" --config-file "$etc/$3.conf")
    [ ! -e "$etc/guests/$3.conf" ] || files+=(--config-file "$etc/guests/$3.conf")
    background "$1" python3 -m lab_run "$1" "$2" "${files[@]}"
}

agent() { # name
    background "$1" "$1" --config-file $etc/common.conf --config-file $etc/guests/agents.conf
}

wsgi() { # name, port, file
    # nova-compute needs that each request is a connection of its own.
    background "$1" uwsgi_python3 --http-socket "0.0.0.0:$2" --wsgi-file "$3" --processes 1 \
        --threads 4 --master --die-on-term --need-app --buffer-size 65535 --lazy-apps \
        --add-header 'Connection: close'
}

start() { # name
    case $1 in
    mariadb)
        install -d -o mysql -g mysql /run/mysqld
        background "$1" mariadbd --no-defaults --user=mysql --datadir=/var/lib/mysql \
            --socket=/run/mysqld/mysqld.sock --bind-address=127.0.0.1 --max-connections=500 \
            --innodb-flush-log-at-trx-commit=0 --innodb-flush-method=nosync
        ;;
    epmd) background "$1" epmd -address 127.0.0.1 ;; # or the broker would leave one behind
    rabbitmq) # not the script of that name, whose process is not the broker
        background "$1" setpriv --reuid=rabbitmq --regid=rabbitmq --clear-groups \
            env HOME=/var/lib/rabbitmq RABBITMQ_NODENAME=rabbit@localhost \
            RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 \
            RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}" \
            /usr/lib/rabbitmq/bin/rabbitmq-server
        ;;
    keystone) wsgi "$1" 5000 /usr/bin/keystone-wsgi-public ;;
    placement) wsgi "$1" 8778 /usr/bin/placement-api ;;
    glance) python "$1" glance.cmd.api glance ;;
    nova-api) python "$1" nova.cmd.api_os_compute nova ;;
    nova-conductor) python "$1" nova.cmd.conductor nova ;;
    nova-scheduler) python "$1" nova.cmd.scheduler nova ;;
    nova-compute) python "$1" nova.cmd.compute nova ;;
    neutron) python "$1" neutron.cmd.eventlet.server neutron ;;
    cinder-api) python "$1" cinder.cmd.api cinder ;;
    cinder-scheduler) python "$1" cinder.cmd.scheduler cinder ;;
    cinder-volume) python "$1" cinder.cmd.volume cinder ;;
    # Where there are guests:
    libvirtd) background "$1" libvirtd --config $etc/guests/libvirtd.conf ;;
    nova-metadata) python "$1" nova.cmd.api_metadata nova ;;
    neutron-*-agent) agent "$1" ;;
    dns) # Docker's, which answers this container alone, for the guests
        background "$1" dnsmasq --keep-in-foreground --no-hosts --interface=br-public \
            --bind-interfaces --except-interface=lo --log-facility=-
        ;;
    *)
        echo "no service is named $1"
        exit 2
        ;;
    esac
}

stop() { # name
    local pid
    pid=$(cat "$run/$1.pid")
    kill "$pid" 2>/dev/null || return 0
    for _ in $(seq 100); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -9 -- "-$pid"
}

action=$1
shift
for name in "$@"; do $action "$name"; done
