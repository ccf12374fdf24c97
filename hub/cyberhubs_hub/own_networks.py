"""Who may connect to the hub: containers of its own networks, whatever route leads to it."""

import socket
from collections.abc import Iterable
from functools import wraps

from tornado.tcpserver import TCPServer


def answer_own_networks() -> None:
    """Docker before version 28 lets a neighbour with a route in to a container's every port, where the machine
    forwards packets. Answers that no router passes on reach nobody but who is on the container's own networks.

    The proxy has the same by a setting of its container, a member's server in images/corehub/start-singleuser.py.
    """
    add_sockets = TCPServer.add_sockets

    @wraps(add_sockets)
    def add_unrouted(self: TCPServer, sockets: Iterable[socket.socket]) -> None:
        sockets = list(sockets)
        for one in sockets:
            one.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 1)  # connections have their listener's
        add_sockets(self, sockets)

    TCPServer.add_sockets = add_unrouted
