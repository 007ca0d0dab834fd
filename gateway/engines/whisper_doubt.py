"""Whether what Whisper read over a fitted window is believed, or read again over all 30 s. Arithmetic only.

To doubt too much costs time, to doubt too little costs words. So only what hardly ever is speech is doubted.
"""

import zlib

from gateway.engines.whisper_model import Decoded

LOWEST_BELIEVED_SCORE = -1.0
"""Whisper's own threshold, in log-probability a token: below, it reads once more itself."""
MOST_COMPRESSION = 2.4
"""Whisper's own threshold: text that deflates further repeats itself."""
MOST_EQUAL_WORDS = 3
"""One after the other: "no, no, no" is said."""
MOST_EQUAL_PHRASES = 2
"""The same of several words: who says it a third time is Whisper."""


def is_doubtful(decoded: Decoded) -> bool:
    """Tell whether the likeliest reading is a loop, was cut off, or is not even likely; silence is believed."""
    if not decoded.hypotheses:
        return False
    likeliest = decoded.hypotheses[0]
    return decoded.is_cut_off or likeliest.score < LOWEST_BELIEVED_SCORE or is_loop(likeliest.text)


def is_loop(text: str) -> bool:
    """Tell whether `text` says the same again and again, in whatever script."""
    data = text.encode()
    return len(data) > MOST_COMPRESSION * len(zlib.compress(data)) or _repeats(text.casefold().split())


def _repeats(words: list[str]) -> bool:
    """Tell whether a word or phrase follows itself more often than people say it."""
    for size in range(1, len(words) // (MOST_EQUAL_PHRASES + 1) + 1):
        most = MOST_EQUAL_WORDS if size == 1 else MOST_EQUAL_PHRASES
        equal = 0
        for first, again in zip(words, words[size:], strict=False):
            equal = equal + 1 if first == again else 0
            if equal == most * size:
                return True
    return False
