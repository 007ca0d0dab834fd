"""A port before anybody serves it: who holds it need not be who talks on it."""

import socket

from gateway.errors import ConfigError

BACKLOG = 1_024
"""They are accepted at once, and most sent away. Beyond it the kernel leaves them half open for half a minute."""


def bind(host: str, port: int) -> socket.socket:
    """Return a TCP socket that listens on `host` (empty: all addresses of this machine) and `port`. Raises ConfigError.

    Who comes before a `Listener` is started waits until it is: a process that serves the socket need not be there yet.
    """
    family = socket.AF_INET6 if (not host and socket.has_dualstack_ipv6()) or ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and not host:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        bound.bind((host, port))
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise ConfigError(
            f"server.host, server.port: cannot listen on {host or 'all addresses'}, port {port} ({error.strerror}); "
            "is another gateway running? choose another port"
        ) from error
    return bound
