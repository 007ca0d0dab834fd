"""How deeply JSON from strangers nests, found out before anything decodes it."""

import re
from typing import Final

DEEPEST: Final = 8
"""Objects and lists within each other; ours need four."""

_STRINGS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
"""A string, or the rest after a quotation mark that has no partner: without giving back, so the time is linear."""
_NOT_BRACKETS: Final = bytes(sorted(set(range(256)) - set(b"{}[]")))


def is_too_deep(raw: bytes) -> bool:
    """Tell whether JSON nests too deeply; what is no JSON may pass, its decoder finds that out."""
    depth = 0
    for bracket in _STRINGS.sub(b"", raw).translate(None, _NOT_BRACKETS):
        depth += 1 if bracket in b"{[" else -1
        if depth > DEEPEST:
            return True
    return False
