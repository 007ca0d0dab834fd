"""A home over a real connection: its house, what it is asked to do, and what it is told."""

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from gateway.errors import EngineError, HomeError
from gateway.events import ActionRequest, Intent, SentenceAnswer
from gateway.house import Area, AttributeValue, Entity, House
from gateway.server import home_session, ringing
from gateway.timers import TimerFinished
from gateway.wire.messages import Hello
from gateway.wire.peers import Role
from gateway.wire.request_words import Converse, Conversed, Offered
from gateway.wire.sentence_words import SentenceBlockWords, SentencesPart
from gateway.wire.timer_words import RingTimer, TimerRung, TimersRunning, TimerUnheard
from gateway.wire.voice_words import (
    ActionAsked,
    ActionDone,
    EntitiesChanged,
    EntityWords,
    HouseBegin,
    HouseUsable,
    MuteSatellite,
    SatelliteChanged,
    Satellites,
    SentenceAsked,
    SentenceDone,
    SentencesKnown,
    StatesChanged,
    StateWords,
)
from tests.fakes import LIGHT_ON
from tests.gateway.server.peers import ScriptedHome
from tests.gateway.server.scripted_gateway import ScriptedGateway, ScriptedHousehold, scripted_gateway

LAMP = Entity(id="light.lamp", name="Lamp", area_id="office", state="off", attributes={"brightness": 10})
HOUSE = House(name="x", areas=(Area(id="office", name="Office"),), entities=(LAMP,))
REQUEST = ActionRequest(intent=LIGHT_ON, area_id="office", satellite_id="shelf")


TRIES = 3


def start_timer(**slots: str | int) -> ActionRequest:
    return ActionRequest(intent=Intent(name="HassStartTimer", slots=slots), area_id="office", satellite_id="shelf")


async def test_two_thousand_entities_are_sent_and_usable_within_a_second(
    tmp_path: Path, state: Callable[[str], None]
) -> None:
    attributes: Mapping[str, AttributeValue] = {
        "brightness": 120,
        "supported_color_modes": ("hs", "color_temp"),
        "friendly": "x" * 40,
    }
    entities = tuple(
        Entity(
            id=f"light.number_{number}",
            name=f"Lamp number {number}",
            aliases=(f"Light {number}", f"Bulb {number}"),
            area_id=f"area_{number % 40}",
            state="on",
            attributes=attributes,
        )
        for number in range(2_000)
    )
    areas = tuple(Area(id=f"area_{number}", name=f"Room {number}") for number in range(40))
    house = House(name="large", areas=areas, entities=entities)
    took_s: list[float] = []
    for number in range(TRIES):  # other tests run at the same time
        async with scripted_gateway(tmp_path / str(number)) as gateway, gateway.home() as home:
            await home.greeted()
            started_s = time.monotonic()
            home.tell(house)
            usable = await home.told(HouseUsable)
            took_s.append(time.monotonic() - started_s)
            assert usable.entities == 2_000
            assert gateway.household.houses == [house]
    assert min(took_s) < 1.0
    state(f"voice port: 2,000 entities sent, checked and handed to a scripted household in {min(took_s) * 1000:.0f} ms")


async def test_changes_reach_the_household_in_order_also_those_told_while_it_was_busy(tmp_path: Path) -> None:
    household = ScriptedHousehold()
    household.may_go_on.clear()
    async with scripted_gateway(tmp_path, household=household) as gateway, gateway.home() as home:
        home.tell(HOUSE)
        await household.until(lambda: len(household.houses) == 1)
        home.say(
            StatesChanged(states=(StateWords(id="light.lamp", state="on", attributes={"brightness": 99}),)),
            EntitiesChanged(changed=(EntityWords(id="fan.fan", name="Fan", area_id="moon"),)),
            StatesChanged(states=(StateWords(id="fan.fan", state="on"),)),
        )
        await gateway.household.until(lambda: household.homes == [])
        assert household.told_states == []
        household.may_go_on.set()
        await home.told(HouseUsable)
        await household.until(lambda: bool(household.told_states))
        assert household.changes == [((Entity(id="fan.fan", name="Fan", state="on"),), ())]
        assert household.told_states == [("light.lamp", "on", {"brightness": 99})]
        part = SentencesPart(begins=True, ends=True, blocks=(SentenceBlockWords(intent="Own", sentences=("do",)),))
        home.say(part)
        await household.until(lambda: bool(household.sentences))
        assert household.sentences[0].blocks[0].intent == "Own"
        home.say(EntitiesChanged(removed=("fan.fan",)))
        await household.until(lambda: len(household.changes) == 2)
        assert household.changes[1] == ((), ("fan.fan",))


async def test_a_house_that_cannot_be_used_is_refused_and_the_next_one_is_taken(tmp_path: Path) -> None:
    household = ScriptedHousehold(fault=EngineError("scripted"))
    async with scripted_gateway(tmp_path, household=household) as gateway, gateway.home() as home:
        home.tell(HOUSE)
        assert (await home.refused("unusable")).about == "house_end"
        assert household.homes == []
        household.fault = None
        home.tell(HOUSE)
        await home.told(HouseUsable)
        assert len(household.homes) == 1
        home.tell(HOUSE)
        await home.told(HouseUsable, 2)
        assert len(household.homes) == 1


async def test_parts_that_come_before_the_beginning_are_refused(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(EntitiesChanged(changed=(EntityWords(id="fan.fan", name="Fan"),)))
        assert (await home.refused("out_of_order")).about == "entities_changed"
        await home.say_raw(b"\0\0\0\x07sound!")
        await home.refused("out_of_order", 2)
        await home.say_raw(b"\0\0")
        assert "4 bytes of request id" in (await home.refused("malformed")).message
        home.say(HouseBegin(name="x"))
        home.tell(HOUSE)
        await home.told(HouseUsable)


async def test_the_home_acts_and_its_answer_is_the_result(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.tell(HOUSE)
        await home.told(HouseUsable)
        result = await gateway.household.homes[0].act(REQUEST)
        assert [(change.entity_id, change.after) for change in result.changes] == [("light.lamp", "on")]
        asked = await home.told(ActionAsked)
        assert (asked.intent, asked.slots, asked.area_id) == ("HassTurnOn", {"name": "Lamp"}, "office")
        home.say(ActionDone(id=asked.id), ActionDone(id=4_711))
        home.answers = lambda asked: ActionDone(id=asked.id, error="no_entity")
        assert (await gateway.household.homes[0].act(REQUEST)).error == "no_entity"


async def test_a_home_that_goes_fails_what_it_was_asked_at_once(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway:
        async with gateway.home() as home:
            home.answers = lambda _: None
            home.tell(HOUSE)
            await home.told(HouseUsable)
            ask = gateway.household.homes[0].act
            asking = asyncio.ensure_future(ask(REQUEST))
            await home.told(ActionAsked)
        started_s = time.monotonic()
        with pytest.raises(HomeError, match="not connected"):
            await asking
        assert time.monotonic() - started_s < 1.0
        await gateway.household.until(lambda: gateway.household.homes == [])
        with pytest.raises(HomeError):
            await ask(REQUEST)


async def test_the_newest_home_is_the_last_to_be_connected_and_both_are_told(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as first, gateway.home() as second:
        first.tell(HOUSE)
        await first.told(HouseUsable)
        second.tell(HOUSE)
        await second.told(HouseUsable)
        await gateway.household.homes[-1].act(REQUEST)
        assert await second.told(ActionAsked)
        assert not first.all_told(ActionAsked)
        peer_id = gateway.pair(Role.SATELLITE)
        await first.satellite_is(peer_id, connected=False)
        await second.satellite_is(peer_id, connected=False)


async def test_a_home_is_told_of_each_satellite_and_of_every_change(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway:
        away = gateway.pair(Role.SATELLITE, name="Attic")
        async with gateway.satellite(area="Kitchen") as satellite:
            here = (await satellite.greeted()).peer_id
            async with gateway.home() as home:
                assert (await home.satellite_is(away, connected=False)).name == "Attic"
                assert (await home.satellite_is(here, connected=True)).area_id == "kitchen"
                gateway.household.areas = {"Kitchen": "cuisine"}
                home.tell(HOUSE)
                await home.satellite_is(here, area_id="cuisine")
                gateway.household.areas = {}
                gateway.server.house_changed()
                await home.satellite_is(here, area_id=None)
                gateway.revoke(here)
                await home.satellite_is(here, connected=False)
                gateway.revoke(away)
                gateway.pair(Role.SATELLITE, name="Last")
                await home.told(SatelliteChanged, which=lambda told: told.name == "Last")
                assert [told.connected for told in home.all_told(SatelliteChanged) if told.satellite_id == away] == [
                    False
                ]


async def test_a_home_is_told_what_runs_at_the_beginning_and_when_that_is_different(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway:
        household = gateway.household
        household.timers.perform(start_timer(minutes=10, name="pasta"), HOUSE)
        household.clock.advance(60)
        async with gateway.home() as home:
            (pasta,) = (await home.told(TimersRunning)).timers
            assert (pasta.name, pasta.duration_s, pasta.left_s, pasta.is_active) == ("pasta", 600, 540, True)
            assert (pasta.satellite_id, pasta.area_id) == ("shelf", "office")
            await home.told(Satellites)
            kinds = [type(heard) for heard in home.heard]
            assert kinds.index(TimersRunning) < kinds.index(Satellites), "by then a home knows what there is"
            household.timers.perform(start_timer(minutes=1), HOUSE)
            second, _ = (await home.told(TimersRunning, 2)).timers
            assert (second.left_s, second.timer_id) == (60, 2), "what is up soonest comes first"
            household.clock.advance(60)
            assert [timer.name for timer in (await home.told(TimersRunning, 3)).timers] == ["pasta"]


async def test_a_timer_that_is_up_rings_at_a_home_s_satellite_until_somebody_says_stop_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ringing, "HOME_PAUSE_S", 0.3)
    there = "assist_satellite.hall"
    up = TimerFinished(name="tea", command=None, satellite_id=there, area_id="hall", duration_s=60)
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.tell(HOUSE)
        await home.told(HouseUsable)
        gateway.server.timer_finished(up)
        for number in (1, 2):
            asked = await home.told(RingTimer, number)
            assert (asked.text, asked.satellite_id, asked.area_id) == ("The tea timer is up.", there, "hall")
            assert asked.deadline_ms == 30_000
            home.say(TimerRung(id=asked.id, is_heard=True))
        home.say(Converse(id=1, text="Stop, stop!", satellite_id=there))
        stopped = await home.told(Conversed)
        assert (stopped.outcome, stopped.speech) == ("never_mind", "")
        await asyncio.sleep(0.4)
        assert len(home.all_told(RingTimer)) == 2
        home.say(Converse(id=2, text="Stop, stop!", satellite_id=there))
        assert (await home.told(Conversed, 2)).outcome != "never_mind", "nothing rings there now"
        home.say(TimerRung(id=77, is_heard=True))
        gateway.server.timer_finished(up)
        for number, satellite_id in ((3, there), (4, "")):
            asked = await home.told(RingTimer, number)
            assert (asked.satellite_id, asked.area_id) == (satellite_id, "hall"), "there, else anywhere in that room"
            home.say(TimerRung(id=asked.id))
        assert "tea timer" in (await home.told(TimerUnheard)).text


async def test_a_home_that_does_not_say_whether_a_timer_was_heard_has_not_heard_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home_session, "RING_S", 0.05)
    up = TimerFinished(name=None, command=None, satellite_id="assist_satellite.hall", area_id=None, duration_s=60)
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.tell(HOUSE)
        await home.told(HouseUsable)
        gateway.server.timer_finished(up)
        await home.told(TimerUnheard)


async def test_a_satellite_that_is_not_there_cannot_be_muted(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(MuteSatellite(satellite_id="nobody", muted=True))
        assert (await home.refused("not_connected")).about == "mute_satellite"


async def test_a_home_is_told_first_what_is_offered(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        told = await home.told(Offered)
        assert home.heard.index(told) == 1, "right after the greeting"
        assert (told.stt_model, told.voice, told.wake_words) == ("tiny.en", "joe", ("okay_nabu",))
        assert [word.id for word in told.known_wake_words] == ["okay_nabu", "alexa"]


async def test_a_second_hello_is_refused(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(Hello(protocol=1))
        assert (await home.refused("out_of_order")).about == "hello"


async def asked_for_a_sentence(gateway: ScriptedGateway, home: ScriptedHome, *texts: str) -> SentenceAnswer | None:
    """Have the connected home look for a sentence of its own, after all that it said before."""
    told_before = len(home.all_told(HouseUsable))
    home.tell(HOUSE)
    await home.told(HouseUsable, told_before + 1)
    return await gateway.household.homes[0].sentence(texts, area_id="office", satellite_id="shelf")


async def test_a_home_is_asked_for_sentences_of_its_own_once_it_said_that_it_has_some(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.sentences = lambda asked: SentenceDone(id=asked.id, text=asked.texts[1], speech="Good night.")
        assert await asked_for_a_sentence(gateway, home, "good nigh", "good night") is None
        assert not home.all_told(SentenceAsked)
        home.say(SentencesKnown(exist=True))
        home.say(SentenceDone(id=4_711, text="nobody asked"))
        answer = await asked_for_a_sentence(gateway, home, "good nigh", "good night")
        assert answer == SentenceAnswer(text="good night", speech="Good night.")
        asked = await home.told(SentenceAsked)
        assert (asked.texts, asked.area_id, asked.satellite_id) == (("good nigh", "good night"), "office", "shelf")
        assert asked.deadline_ms == 2_000
        home.sentences = lambda asked: SentenceDone(id=asked.id)
        assert await asked_for_a_sentence(gateway, home, "something else") is None


async def test_so_many_readings_are_sent_and_each_is_cut(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(SentencesKnown(exist=True))
        await asked_for_a_sentence(gateway, home, *("x" * 3_000 for _ in range(20)))
        assert [len(text) for text in (await home.told(SentenceAsked)).texts] == [3_000] * 16


async def test_a_home_that_does_not_say_in_time_whether_it_knows_a_sentence_knows_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(home_session, "SENTENCE_S", 0.05)
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.sentences = lambda _: None
        home.say(SentencesKnown(exist=True))
        assert await asked_for_a_sentence(gateway, home, "it was a secret") is None
    assert "did not answer within" in caplog.text
    assert "secret" not in caplog.text
