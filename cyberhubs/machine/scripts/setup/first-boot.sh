# The first script on a machine that has just been made. It gets the host key that is to be its own, by
# stdin, in place of the one that came with its user data; then cloud-init must have done its part.
set -eu
key=/etc/ssh/ssh_host_ed25519_key
umask 077
cat >$key.new
ssh-keygen -y -f $key.new >$key.new.pub
if cmp -s $key.new $key; then
    rm $key.new $key.new.pub
else
    chmod 0644 $key.new.pub
    sync $key.new $key.new.pub
    mv -f $key.new.pub $key.pub
    mv -f $key.new $key
    systemctl reload ssh
    echo "The machine has its own host key."
fi
command -v cloud-init >/dev/null || exit 0
timeout 900 cloud-init status --wait >/dev/null 2>&1 || :
case $(cloud-init status 2>/dev/null) in
"status: done" | "status: disabled") ;;
*)
    echo "cloud-init did not do its part on the machine:" >&2
    {
        cloud-init status --long || :
        # Without the keys that it shows last.
        grep -v -e ci-info: -e '^<' -e 'HOST KEY' -e '^ssh-' -e '^ecdsa-' /var/log/cloud-init-output.log | tail -n 15
    } 2>&1 | sed 's/^/  | /' >&2
    echo "See there /var/log/cloud-init.log. A machine made anew may help: change its image or flavor, or delete it in the cloud; then run the same command again." >&2
    exit 1
    ;;
esac
