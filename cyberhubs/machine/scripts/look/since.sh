# Who has logged in by ssh since a time, as far as the machine's journal says, and when files were last changed.
# $1 the time, in seconds since 1970; the others are paths
since=$1
shift
for path; do
    [ ! -e "$path" ] || stat -c 'file %Z %U %u %n' "$path" # its own clock: no `touch` sets that
done
journal() { journalctl --quiet --no-pager --output short-unix "$@" 2>/dev/null; }
[ -z "$(journal --lines 1)" ] || echo journal
# The second name since OpenSSH 9.8.
journal --since "@$since" -t sshd -t sshd-session |
    sed -n 's/^\([0-9]*\)[^ ]* .*: Accepted [^ ]* for \([^ ]*\) from \([^ ]*\) port [0-9]* ssh2:* *[^ ]* *\([^ ]*\).*/login \1 \2 \3 \4/p'
