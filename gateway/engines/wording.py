"""Writing a sentence the way Home Assistant's sentence templates expect it, from the way recognition writes it.

Text in, text out. It changes spelling, never meaning.
"""

import re
from collections.abc import Iterator

_INITIALISM = re.compile(r"\b(?:[A-Za-z]\.){2,}(?=\W|$)")
_QUOTES = re.compile(r"[\"“”„«»]")
_SPACE = re.compile(r"\s+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
_NOT_IS = "".join(rf"(?<!\b{word})" for word in ("what", "who", "where", "that", "there", "here", "it", "he", "she"))
"""Behind one of these words, "'s" is "is"; elsewhere, before a preposition, it is a plural: "check apple's off"."""

_ENGLISH: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        (r"\bcolour", "color"),
        (r"(?<=\d)\s*hrs?\b\.?", " hours"),
        (r"(?<=\d)\s*mins?\b\.?", " minutes"),
        (r"(?<=\d)\s*secs?\b\.?", " seconds"),
        (r"\b(?:an|one)\s+hour\s+and\s+a\s+half\b", "1 hour and 30 minutes"),
        (r"\b(?:a|one)\s+minute\s+and\s+a\s+half\b", "1 minute and 30 seconds"),
        (r"(?<!half )\ban\s+hour\b(?!\s+(?:and\s+a\s+)?half)", "1 hour"),
        (r"\b(for|in|by|add|remove|take)\s+a\s+(?=(?:minute|second)\b)", r"\1 1 "),
        (r"(?<=\w)\s*&\s*(?=\w)", " and "),
        (r"(?<=s)'(?!\w)", ""),
        (rf"{_NOT_IS}'s(?=\s+(?:off|from|to|on|in)\b)", "s"),
        (r"^and\s+(?=(?:mute|pause)\b)", "un"),
    )
)
"""Nobody begins with "and pause the music"; it is how "unpause" is heard. "And lock the door" may be either."""
_ENGLISH_UNIT: dict[str, re.Pattern[str]] = {
    "°C": re.compile(r"\s*(?:[°º]|\bdegrees?)\s*(?:c|celsius|centigrade)\b", re.IGNORECASE),
    "°F": re.compile(r"\s*(?:[°º]|\bdegrees?)\s*(?:f|fahrenheit)\b", re.IGNORECASE),
}
"""The house's own unit goes without saying; the other one must not be taken for it."""
_ENGLISH_OPENING = re.compile(
    r"^(?:(?:okay|ok|hey|hi|hello|well|so|um+|uh+|er+|now|alright|all right|right|oh|yes|yeah)\b[\s,.!…-]+"
    r"|and\b(?!\s+(?:lock|mute|pause)\b)[\s,.!…-]+"
    r"|(?:(?:please|kindly)\b[\s,]+)"
    r"|(?:(?:can|could|would|will)\s+you\s+(?:please\s+)?)"
    r"|(?:i(?:'d| would)\s+like\s+(?:you\s+)?to\s+)"
    r"|(?:i\s+(?:want|need)\s+you\s+to\s+)"
    r"|(?:go\s+ahead\s+and\s+)"
    r"|(?:let's\s+))+",
    re.IGNORECASE,
)
_ENGLISH_CLOSING = re.compile(
    r"(?:[\s,.!?]+(?:please|thanks|thank you|right now|for me|would you|will you|could you))+[\s.,!?]*$", re.IGNORECASE
)


def spelled(text: str, language: str, unit: str = "°C") -> str:
    """Return `text`, or a thing's name, with one spelling for what recognition spells in several ways.

    `unit` is the house's temperature unit.
    """
    text = _QUOTES.sub("", text).replace("\u2019", "'")
    text = _INITIALISM.sub(lambda found: found.group().replace(".", ""), text)
    text = _THOUSANDS.sub("", text)
    if language == "en":
        text = _ENGLISH_UNIT[unit].sub(" degrees", text) if unit in _ENGLISH_UNIT else text
        for pattern, replacement in _ENGLISH:
            text = pattern.sub(replacement, text)
    return _SPACE.sub(" ", text).strip()


def readings(text: str, language: str, unit: str = "°C") -> Iterator[str]:
    """Yield what to try in turn: the sentence as it is, then without politeness and hesitation around it."""
    plain = spelled(text, language, unit)
    yield plain
    if language == "en":
        bare = _ENGLISH_CLOSING.sub("", _ENGLISH_OPENING.sub("", plain)).strip()
        if bare and bare != plain:
            yield bare
