# What may come in, and whom containers may reach. Uses common.sh.
# $1 port of ssh, $2 networks that may use it (none: all), $3 ports of the front door, if any, $4 ports of
# hubs, proxies and servers at which containers reach one another; lists with commas; $5 connections to the
# front door that one address may hold, 0: any number
ssh=$1 from=$2 door=$3 inside=$4 most=$5
folder=/etc/cyberhubs
live=/run/cyberhubs-firewall # our chains as they were right after they were made
alone

ssh_rules() { # a pattern for the addresses of this family
    if [ -z "$from" ]; then
        echo "-A CYBERHUBS-INPUT -p tcp --dport $ssh -j RETURN"
        return
    fi
    echo "$from" | tr ',' '\n' | grep "$1" | sed "s|.*|-A CYBERHUBS-INPUT -s & -p tcp --dport $ssh -j RETURN|" || :
}

door_rules() { # with & for each port
    [ -z "$door" ] || echo "$door" | tr ',' '\n' | sed "s/.*/$1/"
}

too_many() { # chain and match of the door's connections, bits of an address that one visitor has
    [ "$most" = 0 ] || echo "-A $1 -m connlimit --connlimit-above $most --connlimit-mask $2 -j REJECT --reject-with tcp-reset"
}

input() { # pattern, name of ICMP, DHCP client's port, bits of an address that one visitor has
    cat <<RULES
:CYBERHUBS-INPUT - [0:0]
-A CYBERHUBS-INPUT -i lo -j RETURN
-A CYBERHUBS-INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN
-A CYBERHUBS-INPUT -i ch-+ -j DROP
-A CYBERHUBS-INPUT -p $2 -j RETURN
-A CYBERHUBS-INPUT -p udp --dport $3 -j RETURN
$(ssh_rules "$1")
$(door_rules "$(too_many 'CYBERHUBS-INPUT -p tcp --dport &' "$4")")
$(door_rules '-A CYBERHUBS-INPUT -p tcp --dport & -j RETURN')
-A CYBERHUBS-INPUT -j DROP
RULES
}

# Published ports never pass INPUT, and Docker lets them past every firewall but DOCKER-USER.
forward="-A CYBERHUBS-DOCKER -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN
-A CYBERHUBS-DOCKER -d 169.254.169.254/32 -p tcp -j REJECT
-A CYBERHUBS-DOCKER -i ch-+ -o ch-+ -p tcp -m multiport --dports $inside -j RETURN
-A CYBERHUBS-DOCKER -i ch-+ -o ch-+ -j REJECT
-A CYBERHUBS-DOCKER -i ch-+ -j RETURN
-A CYBERHUBS-DOCKER -i br-+ -j RETURN
-A CYBERHUBS-DOCKER -i docker0 -j RETURN
$(door_rules "$(too_many 'CYBERHUBS-DOCKER -p tcp -m conntrack --ctorigdstport &' 32)")
$(door_rules '-A CYBERHUBS-DOCKER -p tcp -m conntrack --ctorigdstport & -j RETURN')
-A CYBERHUBS-DOCKER -m conntrack --ctstate DNAT -j DROP
-A CYBERHUBS-DOCKER -o ch-+ -j DROP"

changed=
if write "$folder/firewall.v4" 0644 "*filter
$(input '[.]' icmp 68 32)
:CYBERHUBS-DOCKER - [0:0]
$forward
COMMIT"; then changed=yes; fi
if write "$folder/firewall.v6" 0644 "*filter
$(input ':' ipv6-icmp 546 64)
COMMIT"; then changed=yes; fi
# shellcheck disable=SC2016 # for the machine's start
if write "$folder/firewall.sh" 0755 '#!/bin/sh
set -eu
jump() { "$1" -w -C "$2" -j "$3" 2>/dev/null || "$1" -w -I "$2" 1 -j "$3"; }
iptables -w -N DOCKER-USER 2>/dev/null || :
iptables-restore -w --noflush <'"$folder"'/firewall.v4
jump iptables INPUT CYBERHUBS-INPUT
jump iptables DOCKER-USER CYBERHUBS-DOCKER
if [ -e /proc/net/if_inet6 ]; then
    ip6tables-restore -w --noflush <'"$folder"'/firewall.v6
    jump ip6tables INPUT CYBERHUBS-INPUT
fi
{ iptables -S CYBERHUBS-INPUT; iptables -S CYBERHUBS-DOCKER; } >'"$live"; then changed=yes; fi
if unit /etc/systemd/system/cyberhubs-firewall.service "[Unit]
Description=What may come in, and whom containers may reach
Before=docker.service network-pre.target
Wants=network-pre.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=$folder/firewall.sh
[Install]
WantedBy=multi-user.target"; then changed=yes; fi
if ! systemctl -q is-enabled cyberhubs-firewall 2>/dev/null && doing "firewall: starts with the machine"; then
    systemctl enable cyberhubs-firewall 2>/dev/null
fi

in_force() {
    iptables -w -C INPUT -j CYBERHUBS-INPUT 2>/dev/null &&
        iptables -w -C DOCKER-USER -j CYBERHUBS-DOCKER 2>/dev/null &&
        { iptables -w -S CYBERHUBS-INPUT && iptables -w -S CYBERHUBS-DOCKER; } 2>/dev/null | cmp -s - "$live"
}
if [ -n "$changed" ] || ! in_force; then
    if doing "firewall: in force, and taken back in 3 minutes unless a new ssh connection gets through it"; then
        systemctl stop cyberhubs-firewall-undo.timer 2>/dev/null || :
        systemd-run -q --unit cyberhubs-firewall-undo --on-active=180 /bin/sh -c \
            'iptables -w -D INPUT -j CYBERHUBS-INPUT; ip6tables -w -D INPUT -j CYBERHUBS-INPUT'
        systemctl restart cyberhubs-firewall || {
            journalctl -u cyberhubs-firewall -n 8 --no-pager -o cat | sed 's/^/  | /' >&2
            fail "The firewall cannot be set: see above."
        }
    fi
fi
