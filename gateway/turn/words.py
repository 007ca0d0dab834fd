"""What was said as plain words: how turns compare sentences with words that they know."""


def plain_words(text: str) -> list[str]:
    """Return the words of `text` in lower case, without punctuation."""
    return "".join(letter if letter.isalnum() else " " for letter in text.casefold()).split()
