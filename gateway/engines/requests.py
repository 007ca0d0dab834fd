"""Whether words that mean nothing in a house may still have been meant for it: a command gone wrong, or talk.

Who wants something of a house mostly says a word of it, or of the sentences that it knows; who speaks to others mostly
does not.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from gateway.engines.fillers import fillers
from gateway.engines.grammar import Grammar
from gateway.engines.places import listed, names
from gateway.house import Area, Entity, Floor, House

LEAST_OF_WORDS: Final = 0.2
"""The share of words that have to be of that kind: among many others, one is chance."""
SHORTEST_CHARS: Final = 2
"""Of such a word."""

BEGINNING_WORDS: Final = 3
"""Among so many first words, one with which something is asked for is enough."""

ASKING: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "en": frozenset(
            {
                *("please", "can", "could", "may", "want", "need", "i'd", "give", "show", "tell", "make", "bring"),
                *("get", "order", "call", "find", "send", "read", "buy", "book", "remind", "cook", "brew", "translate"),
            }
        ),
        "de": frozenset(
            {
                *("bitte", "kann", "kannst", "könntest", "möchte", "will", "brauche", "gib", "zeig", "sag", "mach"),
                *("bring", "bestell", "bestelle", "ruf", "find", "finde", "schick", "lies", "kauf", "koch", "erinnere"),
            }
        ),
        "fr": frozenset(
            {
                *("plaît", "peux", "peut", "pourrais", "voudrais", "veux", "besoin", "donne", "montre", "dis", "fais"),
                *("apporte", "commande", "appelle", "trouve", "envoie", "lis", "achète", "réserve", "rappelle"),
            }
        ),
        "es": frozenset(
            {
                *("favor", "puedes", "puede", "podrías", "quiero", "quisiera", "necesito", "dame", "muestra", "dime"),
                *("haz", "hazme", "trae", "pide", "llama", "busca", "envía", "lee", "compra", "reserva", "recuérdame"),
            }
        ),
        "it": frozenset(
            {
                *("favore", "puoi", "può", "potresti", "voglio", "vorrei", "bisogno", "dammi", "mostra", "dimmi"),
                *("fai", "fammi", "porta", "ordina", "chiama", "trova", "manda", "leggi", "compra", "prenota"),
            }
        ),
        "nl": frozenset(
            {
                *("alsjeblieft", "kun", "kan", "kunt", "wil", "graag", "nodig", "geef", "toon", "zeg", "maak", "breng"),
                *("bestel", "bel", "vind", "zoek", "stuur", "lees", "koop", "boek", "herinner"),
            }
        ),
    }
)
"""With these anything is asked for, also what no house can do."""
EVERYDAY: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "en": frozenset(
            {"i", "you", "me", "we", "is", "are", "do", "does", "by", "with", "from", "again", "over", "here", "go"}
        ),
        "de": frozenset(
            {"ich", "du", "dich", "dir", "mir", "wir", "ist", "sind", "hat", "für", "vor", "zu", "an", "hier"}
        ),
        "fr": frozenset(
            {"je", "tu", "me", "moi", "toi", "nous", "est", "sont", "que", "qui", "on", "en", "pour", "ici"}
        ),
        "es": frozenset(
            {"se", "te", "le", "lo", "me", "es", "son", "que", "si", "con", "para", "va", "ha", "no", "aquí"}
        ),
        "it": frozenset({"mi", "ti", "si", "ci", "è", "sono", "che", "chi", "con", "da", "ha", "no", "su", "qui"}),
        "nl": frozenset({"ik", "je", "me", "we", "is", "zijn", "met", "voor", "om", "al", "als", "bij", "nog", "hier"}),
    }
)
"""Words of many sentences, of a house's as of any others."""


class Requests:
    """One house's, in one language."""

    def __init__(self, language: str, house: House, *grammars: Grammar | None) -> None:
        """`grammars` are the sentences that the house knows, the household's own among them."""
        code = language.partition("-")[0]
        said = (text for grammar in grammars if grammar is not None for text in _texts(grammar))
        words = {word for text in (*said, *_names(house)) for word in text.casefold().split()}
        common = fillers(language) | EVERYDAY.get(code, frozenset())
        self._asking = ASKING.get(code, frozenset())
        self._words = self._asking | {word for word in words if len(word) >= SHORTEST_CHARS} - common

    def is_one(self, text: str) -> bool:
        """Tell whether a text begins as a request does, or enough of its words are such as one says to a house.

        Numbers are said to anybody.
        """
        words = "".join(letter if letter.isalnum() or letter == "'" else " " for letter in text.casefold()).split()
        if self._asking.intersection(words[:BEGINNING_WORDS]):
            return True
        known = sum(word in self._words and not word.isdigit() for word in words)
        return known > 0 and known >= LEAST_OF_WORDS * len(words)


def _texts(grammar: Grammar) -> Iterator[str]:
    yield from (label for arcs in grammar.arcs for label, _ in arcs if isinstance(label, str))
    for slot_list in grammar.lists.values():
        yield from listed(slot_list)


def _names(house: House) -> Iterator[str]:
    everything: tuple[Entity | Area | Floor, ...] = (*house.entities, *house.areas, *house.floors)
    for named in everything:
        yield from names(named)
