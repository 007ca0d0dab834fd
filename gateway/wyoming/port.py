"""The Wyoming port itself, made before anything is there that serves it, and perhaps by another process."""

import socket
from typing import Final

from gateway.errors import ConfigError

BACKLOG: Final = 16
KERNEL_BYTES: Final = 64 * 1024
"""What the kernel keeps for us in each direction of a connection; it may round up to twice that."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address or name of this machine; `port` 0 is any that is free.

    Raises ConfigError.
    """
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for buffer in (socket.SO_SNDBUF, socket.SO_RCVBUF):  # those that are accepted inherit it
            listening.setsockopt(socket.SOL_SOCKET, buffer, KERNEL_BYTES)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise ConfigError(
            f"wyoming.host, wyoming.port: cannot listen on {host or 'all addresses'}, port {port} ({error.strerror}); "
            "choose another port, or an address of this machine"
        ) from error
    return listening
