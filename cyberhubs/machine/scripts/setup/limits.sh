# What one machine allows its many members, and what it keeps for the hubs. Uses common.sh.
# $1 MB that members' servers leave to hubs, proxies, the door and the system
keep=$1
alone

# Members share one uid: each notebook server watches files, and each kernel is many threads.
sysctls="fs.inotify.max_user_instances = 8192
fs.inotify.max_user_watches = 1048576
net.bridge.bridge-nf-call-iptables = 1"
write /etc/modules-load.d/cyberhubs.conf 0644 br_netfilter || :
write /etc/sysctl.d/60-cyberhubs.conf 0644 "$sysctls" || :
if [ ! -d /proc/sys/net/bridge ] && doing "br_netfilter: loaded"; then
    modprobe br_netfilter || fail "The module br_netfilter cannot be loaded: without it, containers cannot be kept from each other."
fi
echo "$sysctls" | while IFS=' =' read -r name value; do
    if [ "$(sysctl -n "$name" 2>/dev/null)" != "$value" ] && doing "$name = $value"; then
        sysctl -qw "$name=$value" || fail "$name cannot be set on this machine."
    fi
done

write /etc/security/limits.d/60-cyberhubs.conf 0644 "* - nproc unlimited
* - nofile 64000
root - nproc unlimited
root - nofile 64000" || :

total=$(awk '$1 == "MemTotal:" {print int($2 / 1024)}' /proc/meminfo)
[ "$keep" -le $((total / 2)) ] || keep=$((total / 2))
# Docker has systemd start it with the first server.
unit /etc/systemd/system/cyberhubs-members.slice "[Unit]
Description=Members' servers
[Slice]
MemoryMax=$((total - keep))M" || :
