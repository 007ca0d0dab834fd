from dataclasses import dataclass, field

import pytest
from wyoming.asr import Transcript
from wyoming.error import Error
from wyoming.event import Eventable
from wyoming.handle import Handled, NotHandled
from wyoming.intent import Entity, Intent, NotRecognized, Recognize

from gateway import events
from gateway.events import ActionRequest, ActionResult
from gateway.turn import policy
from gateway.wyoming.services import Services
from tests.fakes import UNLOCKED, ScriptedHome, ScriptedUnderstanding
from tests.gateway.wyoming.rig import ask, but, client_of, scripted, serving

START_TIMER = events.Intent(name="HassStartTimer", slots={"minutes": 5}, text="set a timer for 5 minutes")


async def test_a_sentence_is_recognized_and_nothing_is_done() -> None:
    home = ScriptedHome()
    async with serving(but(scripted(), home=home)) as server, client_of(server) as client:
        event = await ask(client, Recognize(text="turn on the lamp"))
    assert Intent.from_event(event) == Intent(name="HassTurnOn", entities=[Entity(name="name", value="Lamp")])
    assert home.requests == []


async def test_a_sentence_without_meaning_is_not_recognized() -> None:
    async with serving() as server, client_of(server) as client:
        event = await ask(client, Recognize(text="colourless green ideas"))
    assert NotRecognized.from_event(event).text == "sorry"


async def test_a_command_is_done_and_answered_as_home_assistant_asks_for_it() -> None:
    home = ScriptedHome()
    said = Transcript("turn on the lamp", context={"conversation_id": "01J", "device_id": "d"}, language="en")
    async with serving(but(scripted(), home=home)) as server, client_of(server) as client:
        event = await ask(client, said)
    assert Handled.from_event(event).text == "answer to HassTurnOn"
    assert [(request.intent.name, request.satellite_id, request.area_id) for request in home.requests] == [
        ("HassTurnOn", "wyoming", None)
    ]


async def test_what_is_protected_is_refused() -> None:
    home = ScriptedHome(foreseen=(UNLOCKED,))
    async with serving(but(scripted(), home=home)) as server, client_of(server) as client:
        event = await ask(client, Transcript("unlock the front door"))
    assert NotHandled.from_event(event).text == policy.refused("en")
    assert home.requests == []


async def test_words_without_meaning_are_not_handled() -> None:
    async with serving() as server, client_of(server) as client:
        event = await ask(client, Transcript("colourless green ideas"))
    assert NotHandled.from_event(event).text == "sorry"


async def test_never_mind_is_handled_with_silence() -> None:
    home = ScriptedHome()
    async with serving(but(scripted(), home=home)) as server, client_of(server) as client:
        event = await ask(client, Transcript("never mind"))
    assert Handled.from_event(event).text == ""
    assert home.requests == []


async def test_a_timer_that_nobody_would_hear_is_not_set() -> None:
    home = ScriptedHome(foreseen=())
    services = but(scripted(), home=home, understanding=ScriptedUnderstanding(START_TIMER))
    async with serving(services) as server, client_of(server) as client:
        event = await ask(client, Transcript(START_TIMER.text))
    assert NotHandled.from_event(event).text == "no_timer_support"
    assert home.requests == []


@dataclass
class DenyingHome(ScriptedHome):
    """Knows nothing of what it is asked for."""

    asked: list[ActionRequest] = field(default_factory=list)

    async def perform(self, request: ActionRequest) -> ActionResult:
        self.asked.append(request)
        return ActionResult(error="no_entity")


async def test_what_the_home_cannot_do_is_not_handled() -> None:
    async with serving(but(scripted(), home=DenyingHome())) as server, client_of(server) as client:
        event = await ask(client, Transcript("turn on the lamp"))
    assert NotHandled.from_event(event).text == "no_entity"


async def test_a_home_that_does_not_answer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.turn.obey.ACTION_DEADLINE_S", 0.05)
    async with serving(but(scripted(), home=ScriptedHome(delay_s=60))) as server, client_of(server) as client:
        event = await ask(client, Transcript("turn on the lamp"))
    assert Error.from_event(event).code == "home"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (Transcript("schalte die Lampe ein", language="de"), "unsupported_language"),
        (Transcript("x" * 501), "malformed"),
        (Recognize(text="x" * 501), "malformed"),
    ],
)
async def test_what_cannot_be_understood_is_refused(said: Eventable, code: str) -> None:
    services: Services = scripted()
    async with serving(services) as server, client_of(server) as client:
        assert Error.from_event(await ask(client, said)).code == code
