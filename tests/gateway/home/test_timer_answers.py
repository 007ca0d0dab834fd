"""Timers by their names, several at once, asked for and answered in each language that is spoken here."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

import pytest

from gateway.engines.understanding import HassUnderstanding
from gateway.engines.worker import Worker
from gateway.events import ActionRequest
from gateway.home.simulated import SimulatedHome
from gateway.house import Area, House
from gateway.timers import MOST_TIMERS
from gateway.turn.obey import Obeyed, obey

NOW: Final = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DIALOGUES: Final[dict[str, list[tuple[str, str]]]] = {
    "en": [
        ("set a 10 minute timer named pizza", "Timer set for 10 minutes named pizza"),
        ("set a timer for 5 minutes", "Timer set for 5 minutes"),
        ("how much time is left on the pizza timer", "10 minutes left."),
        ("how much time is left on my timers", "2 running timers. 5 minutes left on 5 minute Kitchen timer."),
        ("pause the pizza timer", "Timer paused"),
        ("pause the egg timer", "Sorry, I couldn't find that timer"),
        ("how long is left on the egg timer", "Sorry, I couldn't find that timer"),
        ("resume the pizza timer", "Timer resumed"),
        ("add 5 minutes to the pizza timer", "5 minutes added to timer"),
        ("take 2 minutes off the pizza timer", "2 minutes removed from timer"),
        ("how much time is left on the pizza timer", "13 minutes left."),
        ("cancel the egg timer", "Sorry, I couldn't find that timer"),
        ("cancel my timer", "Sorry, I am unable to target multiple timers"),
        ("cancel the 5 minute timer", "Timer cancelled"),
        ("cancel the kitchen timer", "Timer cancelled"),
        ("how much time is left on my timer", "No timers."),
        ("set a timer for 5 minutes", "Timer set for 5 minutes"),
        ("cancel all timers in the kitchen", "Canceled 1 timer in Kitchen."),
        ("cancel all timers", "No timers were canceled."),
    ],
    "de": [
        ("stelle einen Timer für 10 Minuten namens Pizza", "Timer namens Pizza für 10 Minuten gestartet"),
        ("stelle einen Timer auf 5 Minuten", "Timer für 5 Minuten gestartet"),
        ("wie lange läuft der Pizza Timer noch", "10 Minuten verbleiben"),
        ("pausiere den Pizza Timer", "Timer pausiert"),
        ("setze den Pizza Timer fort", "Timer fortgesetzt"),
        ("verlängere den Pizza Timer um 5 Minuten", "Timer namens Pizza um 5 Minuten verlängert"),
        ("verkürze den Pizza Timer um 2 Minuten", "Timer namens Pizza um 2 Minuten verkürzt"),
        ("stoppe den Eier Timer", "Diesen Timer konnte ich nicht finden"),
        ("wie lange läuft der Eier Timer noch", "Diesen Timer konnte ich nicht finden"),
        ("stoppe den Pizza Timer", "Timer gestoppt"),
    ],
    "fr": [
        ("mets un minuteur de 10 minutes nommé pizza", "Minuteur lancé"),
        ("mets un minuteur de 5 minutes", "Minuteur lancé"),
        ("annule le minuteur de 5 minutes", "Minuteur supprimé"),
        ("annule le minuteur de 5 minutes", "Désolé, je n'ai pas trouvé ce minuteur"),
        ("annule tous les minuteurs", "Minuteur supprimé."),
    ],
    "es": [
        ("pon un temporizador de 10 minutos llamado pizza", "Temporizador iniciado"),
        ("pon un temporizador de 5 minutos", "Temporizador iniciado"),
        ("pausa el temporizador pizza", "Temporizador en pausa"),
        ("reanuda el temporizador pizza", "Continuando temporizador"),
        ("añade 5 minutos al temporizador pizza", "Temporizador actualizado"),
        ("quita 2 minutos al temporizador pizza", "Temporizador actualizado"),
        ("cancela el temporizador de huevos", "Lo siento, no se pudo encontrar ese temporizador"),
        ("cancela todos los temporizadores", "Se han cancelado 2 temporizadores."),
    ],
    "it": [
        ("imposta un timer di 10 minuti chiamato pizza", "Timer avviato"),
        ("imposta un timer di 5 minuti", "Timer avviato"),
        ("annulla il timer di 5 minuti", "Timer cancellato"),
        ("annulla il timer di 5 minuti", "Mi dispiace, non ho trovato quel timer"),
        ("annulla tutti i timer", "È stato annullato 1 timer"),
    ],
    "nl": [
        ("zet een timer van 10 minuten", "Timer gezet voor 10 minuten"),
        ("zet een timer van 5 minuten", "Timer gezet voor 5 minuten"),
        ("annuleer de 5 minuten timer", "Timer geannuleerd"),
        ("pauzeer de eieren timer", "Sorry, ik kan die timer niet vinden"),
        ("annuleer de eieren timer", "Sorry, ik kan die timer niet vinden"),
        ("annuleer alle timers", "1 timer geannuleerd."),
    ],
}
"""What is said one after the other, and what the answer begins with."""
START: Final = {
    "en": ("set a timer for 5 minutes", "Sorry, there are too many timers already"),
    "de": ("stelle einen Timer auf 5 Minuten", "Es laufen schon zu viele Timer"),
    "fr": ("mets un minuteur de 5 minutes", "Désolé, il y a déjà trop de minuteurs"),
    "es": ("pon un temporizador de 5 minutos", "Lo siento, ya hay demasiados temporizadores"),
    "it": ("imposta un timer di 5 minuti", "Mi dispiace, ci sono già troppi timer"),
    "nl": ("zet een timer van 5 minuten", "Sorry, er lopen al te veel timers"),
}


class Room:
    """A kitchen where one language is spoken."""

    def __init__(self, language: str, worker: Worker) -> None:
        house = House(name="x", areas=(Area(id="kitchen", name="Kitchen"),))
        self.understanding = HassUnderstanding(house, worker, language=language)
        self.home = SimulatedHome(house, clock=asyncio.get_running_loop(), now=lambda: NOW)

    async def say(self, text: str) -> Obeyed:
        """Have it understood and done."""
        intent = await self.understanding.match(text, area_id="kitchen")
        assert intent is not None, f"means nothing: {text}"
        request = ActionRequest(intent=intent, area_id="kitchen", satellite_id="shelf")
        return await obey(request, self.home, self.understanding)


@asynccontextmanager
async def room(language: str) -> AsyncIterator[Room]:
    worker = Worker("understanding")
    it = Room(language, worker)
    try:
        yield it
    finally:
        it.home.close()
        worker.close()


@pytest.mark.parametrize("language", DIALOGUES)
async def test_several_timers_are_asked_for_by_name_and_duration_and_an_unknown_one_is_said_to_be(
    language: str,
) -> None:
    async with room(language) as it:
        for said, answer in DIALOGUES[language]:
            speech = (await it.say(said)).speech
            assert speech.startswith(answer), f"{said}: {speech}"


@pytest.mark.parametrize("language", START)
async def test_too_many_are_refused_in_words(language: str) -> None:
    said, refused = START[language]
    async with room(language) as it:
        for _ in range(MOST_TIMERS):
            assert (await it.say(said)).error is None
        assert (await it.say(said)).speech == refused
