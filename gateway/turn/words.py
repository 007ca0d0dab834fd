"""What was said as plain words: how turns compare sentences with words that they know."""

from typing import Final

LEAST_OF_A_LOOP: Final = 3
"""Times in a row that the same is said: nobody who wants something says it that often."""
LONGEST_LOOPED: Final = 6
"""Words."""
LEAST_LOOPED: Final = 0.6
"""The share of all words that are said over and over."""


def plain_words(text: str) -> list[str]:
    """Return the words of `text` in lower case, without punctuation."""
    return "".join(letter if letter.isalnum() else " " for letter in text.casefold()).split()


def is_loop(words: list[str]) -> bool:
    """Tell whether it is mostly the same over and over: what Whisper writes for a noise, once it has begun to."""
    for length in range(1, LONGEST_LOOPED + 1):
        looped = 0
        for place in range(length, len(words)):
            looped = looped + 1 if words[place] == words[place - length] else 0
            said = looped + length
            if said >= LEAST_OF_A_LOOP * length and said >= LEAST_LOOPED * len(words):
                return True
    return False
