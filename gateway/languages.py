"""Languages by their codes (BCP 47, or with `_`): which are the same where they are heard, understood or spoken."""


def is_same_language(one: str, other: str) -> bool:
    """Tell whether both codes name one language; the country it is spoken in does not matter."""
    return _primary(one) == _primary(other)


def _primary(code: str) -> str:
    return code.replace("_", "-").partition("-")[0].casefold()
