"""A text as Whisper's tokens, as its decoder would write it: what is compared must not be cut up in another way.

The tokenizer that comes with the multilingual models for CTranslate2 lacks its first merge, that of a blank and a "t":
" the" would be four letters, which Whisper never writes, and no text with a "t" at the beginning of a word would be
likely. Nothing shows it where text is only read, as faster-whisper does.
"""

import json
from typing import Final

from tokenizers import Tokenizer

BLANK: Final = "\u0120"
"""How a blank before a word stands in the vocabulary."""
FIRST_MERGE: Final = (BLANK, "t")


def whole(tokenizer: Tokenizer) -> Tokenizer:
    """Return the tokenizer with its first merge; as it is where it has that."""
    if len(tokenizer.encode(" t", add_special_tokens=False).ids) == 1:
        return tokenizer
    content = json.loads(tokenizer.to_str())
    model = content["model"]
    if "".join(FIRST_MERGE) in model.get("vocab", {}):
        merges = model["merges"]
        is_in_pairs = bool(merges) and not isinstance(merges[0], str)
        model["merges"] = [list(FIRST_MERGE) if is_in_pairs else " ".join(FIRST_MERGE), *merges]
    return Tokenizer.from_str(json.dumps(content))


def tokens_of(tokenizer: Tokenizer, text: str) -> list[int]:
    """Return a text's tokens, as they follow the prompt."""
    ids: list[int] = tokenizer.encode(f" {text.strip()}", add_special_tokens=False).ids
    return ids
