"""What is said of a timer that is up, in the languages that are spoken here. Words in, words out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.timers import TimerFinished

LATE_S: Final = 30
"""Who hears a ring no later than this need not be told that it is late."""
TODAY: Final = timedelta(hours=20)
"""What was longer ago has its date beside the time of day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One language's."""

    named: str
    """A timer with `{name}`."""
    unnamed: str
    """A timer of `{length}`."""
    up: str
    """With `{timer}`."""
    late: str
    """It was up `{ago}`."""
    missed: str
    """It was up `{at}` a time of day, and nobody could ring."""
    not_done: str
    """What was to be done `{at}` a time of day was not done."""
    units: tuple[tuple[str, str], tuple[str, str], tuple[str, str]]
    """One hour and several, one minute and several, one second and several."""
    joined: str
    """What stands between the last two of these."""


WORDINGS: Final[Mapping[str, Wording]] = {
    "en": Wording(
        named="The {name} timer",
        unnamed="The timer for {length}",
        up="{timer} is up.",
        late="{timer} was up {ago} ago.",
        missed="{timer} was up at {at}, and nobody could ring for it.",
        not_done="What was asked for at {at} was not done.",
        units=(("hour", "hours"), ("minute", "minutes"), ("second", "seconds")),
        joined=" and ",
    ),
    "de": Wording(
        named="Der Timer {name}",
        unnamed="Der Timer für {length}",
        up="{timer} ist abgelaufen.",
        late="{timer} ist vor {ago} abgelaufen.",
        missed="{timer} ist um {at} abgelaufen, und niemand konnte klingeln.",
        not_done="Was für {at} gewünscht war, wurde nicht getan.",
        units=(("Stunde", "Stunden"), ("Minute", "Minuten"), ("Sekunde", "Sekunden")),
        joined=" und ",
    ),
    "fr": Wording(
        named="Le minuteur {name}",
        unnamed="Le minuteur de {length}",
        up="{timer} est terminé.",
        late="{timer} est terminé depuis {ago}.",
        missed="{timer} s'est terminé à {at}, et personne n'a pu sonner.",
        not_done="Ce qui était demandé pour {at} n'a pas été fait.",
        units=(("heure", "heures"), ("minute", "minutes"), ("seconde", "secondes")),
        joined=" et ",
    ),
    "es": Wording(
        named="El temporizador {name}",
        unnamed="El temporizador de {length}",
        up="{timer} ha terminado.",
        late="{timer} terminó hace {ago}.",
        missed="{timer} terminó a las {at}, y nadie pudo avisar.",
        not_done="Lo que se pidió para las {at} no se hizo.",
        units=(("hora", "horas"), ("minuto", "minutos"), ("segundo", "segundos")),
        joined=" y ",
    ),
    "it": Wording(
        named="Il timer {name}",
        unnamed="Il timer di {length}",
        up="{timer} è scaduto.",
        late="{timer} è scaduto {ago} fa.",
        missed="{timer} è scaduto alle {at}, e nessuno ha potuto suonare.",
        not_done="Quello che era richiesto per le {at} non è stato fatto.",
        units=(("ora", "ore"), ("minuto", "minuti"), ("secondo", "secondi")),
        joined=" e ",
    ),
    "nl": Wording(
        named="De timer {name}",
        unnamed="De timer van {length}",
        up="{timer} is afgelopen.",
        late="{timer} is {ago} geleden afgelopen.",
        missed="{timer} is om {at} afgelopen, en niemand kon ervoor bellen.",
        not_done="Wat voor {at} was gevraagd, is niet gedaan.",
        units=(("uur", "uur"), ("minuut", "minuten"), ("seconde", "seconden")),
        joined=" en ",
    ),
}
"""In any other language it is English: a timer that rings is to be told of."""


def is_up(timer: TimerFinished, language: str) -> str:
    """Return that it is up, and how long ago that was where it is late."""
    wording = _wording(language)
    words = wording.up if timer.late_s < LATE_S else wording.late
    return words.format(timer=_timer(timer, wording), ago=_length(_rounded(timer.late_s), wording))


def is_missed(timer: TimerFinished, language: str, *, now: datetime) -> str:
    """Return that nobody rang, and when it was up; of what was to be done no word, which is for few people.

    `now` is local time.
    """
    wording = _wording(language)
    was_up = now - timedelta(seconds=timer.late_s)
    at = f"{was_up:%H:%M}" if abs(now - was_up) < TODAY else f"{was_up:%Y-%m-%d %H:%M}"
    words = wording.not_done if timer.command else wording.missed
    return words.format(timer=_timer(timer, wording), at=at)


def _wording(language: str) -> Wording:
    return WORDINGS.get(language.partition("-")[0], WORDINGS["en"])


def _timer(timer: TimerFinished, wording: Wording) -> str:
    if timer.name:
        return wording.named.format(name=timer.name)
    return wording.unnamed.format(length=_length(timer.duration_s, wording))


def _rounded(seconds: int) -> int:
    """Return whole minutes from the first one on."""
    return seconds if seconds < 60 else round(seconds / 60) * 60


def _length(seconds: int, wording: Wording) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    numbers = zip((hours, minutes, seconds), wording.units, strict=True)
    parts = [f"{number} {one if number == 1 else several}" for number, (one, several) in numbers if number]
    if not parts:
        return f"0 {wording.units[-1][1]}"
    return wording.joined.join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)
