# The packages that the other scripts need, and security updates by themselves. Uses common.sh and distribution.sh.
alone
want_base_packages
want_security_updates
