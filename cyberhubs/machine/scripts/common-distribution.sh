# What differs between distributions is here and nowhere else: another one gets a case of its own.
# shellcheck shell=sh disable=SC1091
supported="Debian 12 and 13 and Ubuntu 24.04 and 26.04"
distribution=$(. /etc/os-release 2>/dev/null && echo "${ID:-} ${VERSION_ID:-}")

case $distribution in
"debian 12" | "debian 13" | "ubuntu 24.04" | "ubuntu 26.04") ;;
*) fail "This machine runs ${distribution:-an unknown system}, and Cyberhubs sets up $supported only: reinstall it with one of these, or give another machine." ;;
esac

has_package() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

patiently() { # run, log, command...: again while another packager holds a lock, as after a kill of apt its dpkg goes on
    waited=0
    until said=$("$@" 2>&1); do
        if [ "$waited" -ge 600 ] || ! grep -qi 'could not get lock\|locked by another\|is held by process' "/var/log/cyberhubs/$2.log"; then
            echo "$said" >&2
            return 1
        fi
        [ "$waited" -gt 0 ] || echo "Waiting up to 10 minutes for another installation on the machine to end." >&2
        waited=$((waited + 2))
        sleep 2
    done
}

want_packages() { # names: installs those that are missing
    missing=
    for package; do
        has_package "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if doing "packages installed:$missing"; then
        export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
        options="-o DPkg::Lock::Timeout=600 -o Acquire::Retries=3"
        # An installation that was cut off leaves the packager refusing all else.
        patiently run dpkg dpkg --configure -a ||
            echo "An earlier installation was cut off in the middle of a package: that is installed again." >&2
        # shellcheck disable=SC2086 # words
        patiently run apt-update apt-get $options -o APT::Update::Error-Mode=any update ||
            echo "Not every package list could be read; going on with those that could." >&2
        # shellcheck disable=SC2086
        patiently run apt apt-get $options -y --fix-broken --reinstall --no-install-recommends install $missing ||
            fail "apt could not install$missing: see above, and that this machine reaches its package mirror; then run the same command again."
    fi
}

hold_packages() { # names: keeps those that are installed at their version
    held=$(apt-mark showhold)
    for package; do
        if has_package "$package" && ! echo "$held" | grep -qx "$package"; then
            if doing "$package: held at $(dpkg-query -W -f '${Version}' "$package")"; then
                patiently run apt-mark apt-mark hold "$package" || fail "$package cannot be held: see above."
            fi
        fi
    done
}

want_base_packages() {
    want_packages acl ca-certificates e2fsprogs xfsprogs iproute2 iptables kmod procps unattended-upgrades apparmor
}

want_docker() { # where there is none, whoever's; held, since another version restarts it
    case $(dpkg-query -W -f '${db:Status-Status}' docker.io 2>/dev/null) in
    "" | not-installed | config-files) command -v dockerd >/dev/null || want_packages docker.io ;;
    *) want_packages docker.io ;; # one that was cut off has its programs and does not work
    esac
    command -v docker >/dev/null || want_packages docker-cli # a package of its own from Debian 13 on
    hold_packages docker.io docker-ce
    # As an earlier Cyberhubs held them: another version of these restarts no container.
    for package in containerd containerd.io runc; do
        if apt-mark showhold | grep -qx "$package" && doing "$package: gets security updates"; then
            patiently run apt-mark apt-mark unhold "$package" || fail "$package is held: see above."
        fi
    done
}

want_security_updates() {
    write /etc/apt/apt.conf.d/60cyberhubs 0644 'APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
Unattended-Upgrade::Automatic-Reboot "false";' || :
}
