# The Docker engine, held at its version, with its data on the data disk: images too, which the containerd
# store, the default of new engines, would keep elsewhere. Uses common.sh and common-distribution.sh.
# $1 where the data is mounted, $2 who may use the engine, $3 a directory for its socket: a hub that
# has the directory still reaches an engine whose socket was made anew; $4 whether it has a proxy of its own for
# published ports: IPv6 needs it, and it ends for good where it may open no more files; $5 range of addresses of
# its networks; $6 variables of its environment, for a proxy by which it gets images
mount=$1 user=$2 socket=$3/docker.sock proxy=$4 range=$5 environment=$6
own=/etc/systemd/system/docker.service.d/cyberhubs.conf
root=$mount/var/lib/docker
settings=/etc/docker/daemon.json
written=/var/lib/cyberhubs/daemon.json # what we wrote last
loaded=/run/cyberhubs-daemon.json      # what the running engine has read
alone

way_out=$(ip -o route show default | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)
mtu=$(cat "/sys/class/net/${way_out:-lo}/mtu")
[ -n "$way_out" ] || mtu=1500
# A machine that is itself a container may raise no limit: it hands on its own.
nofile=64000 nproc=-1
if ! prlimit --nofile=64000:64000 --nproc=unlimited:unlimited true 2>/dev/null; then
    nofile=$(prlimit --noheadings --raw --output HARD --nofile)
    nproc=$(prlimit --noheadings --raw --output HARD --nproc)
fi
content=$(
    cat <<JSON
{
  "data-root": "$root",
  "features": {"containerd-snapshotter": false},
  "live-restore": true,
  "userland-proxy": $proxy,
  "exec-opts": ["native.cgroupdriver=systemd"],
  "mtu": $mtu,
  "default-address-pools": [{"base": "$range", "size": 24}],
  "log-driver": "json-file",
  "log-opts": {"max-size": "10m", "max-file": "3"},
  "default-ulimits": {
    "nofile": {"Name": "nofile", "Soft": $nofile, "Hard": $nofile},
    "nproc": {"Name": "nproc", "Soft": $nproc, "Hard": $nproc}
  }
}
JSON
)
if [ -e "$settings" ] && [ "$(cat "$settings")" != "$content" ] && ! cmp -s "$settings" "$written"; then
    fail "$settings is there and not of Cyberhubs: nothing was changed. Move it away (sudo mv $settings $settings.before) and run the same command again."
fi
if now=$(docker info --format '{{.DockerRootDir}}' 2>/dev/null) && [ "$now" != "$root" ] && [ -n "$(docker ps -aq)" ]; then
    fail "Docker here has $(docker ps -aq | wc -l) containers in $now, which it would lose from sight in $root: remove them, or give a machine of its own."
fi

if write "$settings" 0644 "$content"; then
    [ -n "$check" ] || install -D -m 0644 "$settings" "$written"
fi
unit $own "[Unit]
RequiresMountsFor=$mount
After=cyberhubs-firewall.service
[Service]
${environment:+Environment=$environment
}ExecStartPost=/bin/sh -c 'cat $settings $own >$loaded'" || :
unit /etc/systemd/system/docker.socket.d/cyberhubs.conf "[Socket]
ListenStream=$socket" || :
want_docker

if ! systemctl -q is-enabled docker 2>/dev/null && doing "docker: starts with the machine"; then
    systemctl enable docker 2>/dev/null
fi
if ! cat "$settings" "$own" 2>/dev/null | cmp -s - "$loaded" || [ ! -S "$socket" ] ||
    ! systemctl -q is-active docker.socket || ! systemctl -q is-active docker; then
    if doing "docker: started with these settings"; then
        systemctl reset-failed docker.socket docker 2>/dev/null || :
        run docker systemctl restart docker.socket docker || {
            journalctl -u docker -n 8 --no-pager -o cat | sed 's/^/  | /' >&2
            fail "Docker does not start: see above. Fix that there, then run the same command again."
        }
    fi
fi
if [ -z "$check" ]; then
    waited=0
    until docker version >/dev/null 2>&1; do
        [ "$waited" -lt 60 ] || fail "Docker was started and has not answered for 60 s: journalctl -u docker says why."
        waited=$((waited + 1))
        sleep 1
    done
fi
if [ "$user" != root ] && ! id -nG "$user" | grep -qw docker; then
    if doing "$user: in the group docker"; then
        usermod -aG docker "$user"
    fi
fi
