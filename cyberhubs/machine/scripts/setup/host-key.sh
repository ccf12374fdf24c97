# Another host key, in two steps, since who connects has to know it before it is shown.
# $1 make: prints the public key of one that waits, $2 or a new one | use: shows it from now on; $2 its public key
set -eu
umask 077
key=/etc/ssh/ssh_host_ed25519_key
public() { cut -d' ' -f1-2 "$1.pub" 2>/dev/null || :; }

[ -z "$2" ] || [ "$(public $key)" != "$2" ] || { # a run that was stopped came as far
    echo "$2"
    exit 0
}
if [ "$1" = make ]; then
    if ! ssh-keygen -y -f $key.new >/dev/null 2>&1 || [ -z "$(public $key.new)" ]; then
        rm -f $key.new $key.new.pub
        ssh-keygen -q -t ed25519 -N '' -C '' -f $key.new
    fi
    public $key.new
    exit 0
fi
chmod 0644 $key.new.pub
sync $key.new $key.new.pub
mv -f $key.new $key
mv -f $key.new.pub $key.pub
systemctl reload ssh
