"""Words with which a command may go on, by language: examples, not all that people say.

In them `{area}` is a room, `{list}`, `{light}` … a thing of that kind, and `{thing}` one that can be switched.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language's."""

    places: tuple[str, ...]
    """How a room is named at the end of a command that is one without it."""
    tens: frozenset[str] = frozenset()
    """Numbers that go on with another one: "twenty" with "five". None where the smaller one comes first."""
    ones: str = ""
    """What is said after them."""
    after: Mapping[str, tuple[str, ...]]
    """By the last word, or by several that go on alike: how a command goes on that breaks off there."""
    after_number: tuple[str, ...]
    otherwise: tuple[str, ...]
    """How it goes on after any other word."""


_EN: Final = Words(
    places=(" in the {area}",),
    tens=frozenset({"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}),
    ones=" five",
    after={
        "the my our all": (
            *(" {thing}", " lights", " {light} to 50 percent", " {thing} on", " {area}", " {cover}", " {lock}"),
            *(" {list}", " temperature", " timer"),
        ),
        "a an another": (" timer for 5 minutes", " 5 minute timer"),
        "on off": (" the {thing}", " the lights in the {area}"),
        "in at": (" the {area}", " {area}", " 10 minutes"),
        "of": (" the {area}", " the {light} to 50 percent"),
        "to": (" 50 percent", " 20 degrees", " the {list}"),
        "for": (" 5 minutes", " the {area}"),
        "by": (" 10 percent", " 5 minutes"),
        "and": (" 30 seconds", " 30 minutes"),
        "is are what's whats what how": (
            *(" the temperature", " the weather", " is the temperature", " the {lock} locked", " the {thing} on"),
        ),
        "set turn switch dim change make": (
            *(" on the {thing}", " the {thing} on", " the {light} to 50 percent", " a timer for 5 minutes"),
            *(" the temperature to 20 degrees",),
        ),
        "open close shut": (" the {cover}",),
        "lock unlock": (" the {lock}",),
        "start stop pause cancel resume": (" the timer", " the {vacuum}", " the {media_player}"),
        "add put": (" milk to the {list}",),
        "run activate": (" the {scene}", " the {script}", " {script}"),
    },
    after_number=(" minutes", " percent", " degrees", " minute timer"),
    otherwise=(
        *(" lights", " to 50 percent", " in the {area}", " on", " to the {list}", " locked", " to red"),
        *(" minutes",),
    ),
)
_DE: Final = Words(
    places=(" in {area}", " im {area}"),
    after={
        "das den die der dem im alle": (
            *(" {thing} an", " Licht an", " Lichter an", " {light} auf 50 Prozent", " {area} an", " {cover}"),
            *(" Temperatur", " {area}", " {lock}"),
        ),
        "einen ein": (" Timer für 5 Minuten", " Timer auf 5 Minuten"),
        "schalte schalt mach mache": (" {thing} an", " das Licht in {area} an", " das Licht im {area} an"),
        "stelle stell setze setz": (
            *(" {light} auf 50 Prozent", " einen Timer für 5 Minuten", " die Temperatur auf 20 Grad"),
        ),
        "in": (" {area}", " {area} an", " der {area}", " der {area} an", " 10 Minuten"),
        "auf": (" 50 Prozent", " 20 Grad", " 5 Minuten", " die {list}"),
        "für": (" 5 Minuten",),
        "und": (" 30 Sekunden", " 30 Minuten"),
        "ist wie was": (
            " {lock} abgeschlossen",
            " ist die Temperatur",
            " die Temperatur",
            " das Wetter",
            " {thing} an",
        ),
        "öffne schließe schließ": (" {cover}",),
    },
    after_number=(" Minuten", " Prozent", " Grad"),
    otherwise=(
        *(" an", " auf 50 Prozent", " ein", " auf 20 Grad", " in {area} an", " auf", " auf die {list}"),
        *(" für 5 Minuten", " hinzu", " Minuten"),
    ),
)
_FR: Final = Words(
    places=(" dans {area}", " dans le {area}"),
    tens=frozenset({"vingt", "trente", "quarante", "cinquante", "soixante"}),
    ones=" cinq",
    after={
        "le la les l' mon ma": (
            *(" {thing}", " lumière", " lumières", " {light} à 50 pour cent", " {area}", " {cover}", " température"),
            *(" {lock}",),
        ),
        "un une": (" minuteur de 5 minutes", " lumière"),
        "allume allumer éteins éteindre": (" {thing}", " la lumière dans le {area}", " la lumière"),
        "dans": (" le {area}", " la {area}", " {area}", " 10 minutes"),
        "à au": (" 50 pour cent", " 50%", " 20 degrés", " la {list}"),
        "de du": (" 5 minutes", " {area}", " la {area}", " {light} à 50 pour cent"),
        "pour": (" 5 minutes",),
        "et": (" 30 secondes",),
        "quelle quel est": (" est la température", " la température", " temps fait-il"),
        "règle mets mettre régler": (
            *(" {light} à 50 pour cent", " un minuteur de 5 minutes", " la température à 20 degrés"),
        ),
        "ouvre ferme ouvrir fermer": (" {cover}", " le {cover}"),
        "ajoute": (" lait à la {list}",),
    },
    after_number=(" minutes", " pour cent", " %", " degrés"),
    otherwise=(
        *(" à 50 pour cent", " à 20 degrés", " dans le {area}", " dans {area}", " de 5 minutes", " minutes"),
        *(" à la {list}", " du {area}"),
    ),
)
_ES: Final = Words(
    places=(" en {area}", " en el {area}", " de la {area}"),
    tens=frozenset({"treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"}),
    ones=" y cinco",
    after={
        "el la los las mi": (
            *(" {thing}", " luz", " luces", " {light} al 50 por ciento", " {area}", " {cover}", " temperatura"),
            *(" {lock}",),
        ),
        "un una": (" temporizador de 5 minutos", " luz"),
        "enciende encender apaga apagar": (" {thing}", " la luz de {area}", " las luces", " la {thing}"),
        "en": (" {area}", " el {area}", " la {area}", " 10 minutos"),
        "a al": (" 50 por ciento", " 50%", " 20 grados", " la {list}"),
        "de del": (" 5 minutos", " {area}", " la {area}"),
        "para por": (" 5 minutos",),
        "y": (" 30 segundos",),
        "qué cuál es está": (" es la temperatura", " la temperatura", " tiempo hace", " {thing} encendida"),
        "pon poner ajusta ajustar": (
            *(" {light} al 50 por ciento", " un temporizador de 5 minutos", " la temperatura a 20 grados"),
        ),
        "abre cierra abrir cerrar": (" {cover}", " la {cover}"),
        "añade": (" leche a la {list}",),
    },
    after_number=(" minutos", " por ciento", "%", " grados"),
    otherwise=(
        *(" al 50 por ciento", " a 20 grados", " en {area}", " de {area}", " de 5 minutos", " minutos"),
        *(" a la {list}", " de la {area}"),
    ),
)
_IT: Final = Words(
    places=(" in {area}", " nel {area}"),
    tens=frozenset({"venti", "trenta", "quaranta", "cinquanta", "sessanta", "settanta", "ottanta", "novanta"}),
    ones=" cinque",
    after={
        "il la lo le i gli": (
            *(" {thing}", " luce", " luci", " {light} al 50 percento", " {area}", " {cover}", " temperatura"),
            *(" {lock}",),
        ),
        "un una": (" timer di 5 minuti", " luce"),
        "accendi accendere spegni spegnere": (" {thing}", " la luce in {area}", " le luci", " la {thing}"),
        "in nel nella": (" {area}", " 10 minuti"),
        "a al alla": (" 50 percento", " 50%", " 20 gradi", " {list}"),
        "di da del della": (" 5 minuti", " {area}"),
        "per": (" 5 minuti",),
        "e": (" 30 secondi",),
        "qual che com'è è": (" è la temperatura", " la temperatura", " tempo fa"),
        "imposta metti impostare": (
            *(" {light} al 50 percento", " un timer di 5 minuti", " la temperatura a 20 gradi"),
        ),
        "apri chiudi aprire chiudere": (" {cover}", " la {cover}"),
        "aggiungi": (" latte alla {list}",),
    },
    after_number=(" minuti", " percento", "%", " gradi"),
    otherwise=(
        *(" al 50 percento", " a 20 gradi", " in {area}", " nel {area}", " di 5 minuti", " minuti"),
        *(" alla {list}", " della {area}"),
    ),
)
_NL: Final = Words(
    places=(" in de {area}", " in {area}"),
    after={
        "de het mijn alle": (
            *(" {thing} aan", " lampen aan", " licht aan", " {light} op 50 procent", " {area} aan", " {cover}"),
            *(" {thing}", " temperatuur", " {area}"),
        ),
        "een": (" timer voor 5 minuten", " timer van 5 minuten"),
        "zet doe schakel": (
            " {thing} aan",
            " de lampen in de {area} aan",
            " de {thing} aan",
            " een timer voor 5 minuten",
        ),
        "in": (" de {area}", " de {area} aan", " {area}", " 10 minuten"),
        "op": (" 50 procent", " 20 graden", " de {list}"),
        "naar": (" 50 procent", " 20 graden"),
        "voor van": (" 5 minuten", " de {area}"),
        "en": (" 30 seconden",),
        "is wat hoe": (" is de temperatuur", " de temperatuur", " is het weer", " {lock} op slot", " {thing} aan"),
        "open sluit": (" {cover}", " de {cover}"),
        "voeg": (" melk toe aan de {list}",),
    },
    after_number=(" minuten", " procent", " graden"),
    otherwise=(
        *(" aan", " op 50 procent", " uit", " op 20 graden", " in de {area} aan", " voor 5 minuten"),
        *(" toe aan de {list}", " dicht", " open", " minuten"),
    ),
)

WORDS: Final[Mapping[str, Words]] = MappingProxyType({"en": _EN, "de": _DE, "fr": _FR, "es": _ES, "it": _IT, "nl": _NL})
"""By the language's code without its country."""
