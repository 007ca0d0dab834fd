"""A listening socket in a folder that only its owner can open, for a process that may make none itself."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gateway.errors import ProcessError
from gateway.wire.owners_lines import socket_path

BACKLOG = 8
"""A person has a few terminals."""


@contextmanager
def owners_socket(folder: Path, name: str) -> Iterator[socket.socket]:
    """Have a socket listen at `name` in `folder` during the block; its owner is the folder's. Raises ProcessError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                path = socket_path(descriptor, name)
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=descriptor)
                listening.bind(path)
                Path(path).chmod(0o600)  # before it listens nobody can connect
                owner = os.fstat(descriptor)
                if owner.st_uid != os.geteuid():
                    with suppress(PermissionError):  # a root without that power keeps it
                        os.chown(name, owner.st_uid, owner.st_gid, dir_fd=descriptor, follow_symlinks=False)
            finally:
                os.close(descriptor)
            listening.listen(BACKLOG)
        except OSError as error:
            raise ProcessError(f"{folder / name}: cannot be made ({error.strerror})") from error
        try:
            yield listening
        finally:
            with suppress(OSError):
                (folder / name).unlink()
