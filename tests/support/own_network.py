#!/usr/bin/env python3
"""Starts the browser in a network of its own, as on a member's machine.

The only way out of it is a proxy: the listening socket is made in here, and handed to the process that
started the browser, which serves it from outside. Standard library alone.
"""

import ctypes
import fcntl
import os
import socket
import struct
import sys
from pathlib import Path

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def main() -> None:
    user, group = os.getuid(), os.getgid()
    flags = CLONE_NEWNET if user == 0 else CLONE_NEWNET | CLONE_NEWUSER
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags):
        sys.exit(f"no network of its own for the browser: {os.strerror(ctypes.get_errno())}")
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    with socket.socket() as any_socket:
        interface = bytearray(struct.pack("16sH14x", b"lo", 0))
        fcntl.ioctl(any_socket, SIOCGIFFLAGS, interface)
        name, now = struct.unpack("16sH14x", interface)
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", name, now | IFF_UP))
    proxy = socket.create_server(("127.0.0.1", int(os.environ["PROXY_PORT"])))
    with proxy, socket.socket(socket.AF_UNIX) as outside:
        outside.connect(os.environ["PROXY_HANDOVER"])
        socket.send_fds(outside, [b"proxy"], [proxy.fileno()])
    os.execv(os.environ["BROWSER"], [os.environ["BROWSER"], *sys.argv[1:]])


main()
