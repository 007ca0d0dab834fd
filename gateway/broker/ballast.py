"""What makes room on a full disk, by its old name: the ledger has one, too."""

from gateway.ballast import ROOM_BYTES, SIZE_BYTES, Ballast

__all__ = ["ROOM_BYTES", "SIZE_BYTES", "Ballast"]
