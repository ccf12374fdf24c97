# The packages that the other scripts need, and security updates by themselves. $1 the proxy they come by, if any.
# Uses common.sh and common-distribution.sh.
alone
by=/etc/apt/apt.conf.d/61cyberhubs-proxy
if [ -n "$1" ]; then
    write $by 0644 "Acquire::http::Proxy \"$1\";
Acquire::https::Proxy \"$1\";" || :
elif [ -e $by ] && doing "$by: removed"; then
    rm -f $by
fi
want_base_packages
want_security_updates
