# Makes of a container's file system that of a machine.
set -eu
echo '/dev/vda / ext4 defaults 0 1' >/etc/fstab
printf '%s\n' 'auto lo' 'iface lo inet loopback' 'source /etc/network/interfaces.d/*' \
    >/etc/network/interfaces
printf '%s\n' 'datasource_list: [OpenStack]' 'manage_etc_hosts: true' 'locale: false' \
    >/etc/cloud/cloud.cfg.d/90_lab.cfg
: >/etc/machine-id
rm -f /etc/ssh/ssh_host_* /etc/dpkg/dpkg.cfg.d/docker
# They would only make it slower.
systemctl mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service \
    fstrim.timer man-db.timer
