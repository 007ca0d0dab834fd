"""The gateway is told the whole house, then what is different; never anything that is not exposed."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter

import pytest
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.const import EVENT_CORE_CONFIG_UPDATE, EVENT_STATE_CHANGED
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.local_voice import issues
from custom_components.local_voice.const import DOMAIN
from custom_components.local_voice.house import telling
from custom_components.local_voice.house.sentence_issue import SENTENCES_UNUSABLE
from custom_components.local_voice.house.sentences import OwnSentences
from custom_components.local_voice.house.telling import Telling
from custom_components.local_voice.wire.codec import Message, encode
from custom_components.local_voice.wire.house_messages import (
    EntitiesChanged,
    HouseBegin,
    HouseEnd,
    HousePart,
    SentencesKnown,
    StatesChanged,
)
from custom_components.local_voice.wire.sentence_messages import SentenceBlockWords, SentencesPart
from tests.home_assistant.decisions import decision, guards
from tests.home_assistant.small_house import WORLD, SmallHouse, expose


@pytest.fixture(autouse=True)
async def home(hass: HomeAssistant) -> SmallHouse:
    return await SmallHouse(hass).build()


class Gateway:
    """Hears what is told."""

    def __init__(self) -> None:
        self.heard: list[Message] = []
        self._news = asyncio.Event()

    async def say(self, message: Message) -> None:
        encode(message)  # raises for what is no message
        self.heard.append(message)
        self._news.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(3):
            while not holds():
                self._news.clear()
                await self._news.wait()

    def all_of[T: Message](self, kind: type[T]) -> list[T]:
        return [message for message in self.heard if isinstance(message, kind)]


@asynccontextmanager
async def told(hass: HomeAssistant) -> AsyncGenerator[tuple[Gateway, Telling]]:
    """Run a telling until the whole house is told; forget that, go on, and end it."""
    gateway, sentences = Gateway(), OwnSentences(hass, "en", lambda: None)
    one = Telling(hass, sentences, gateway.say, lambda: guards(hass))
    running = asyncio.create_task(one.run())
    await gateway.until(lambda: bool(gateway.all_of(SentencesKnown)))
    try:
        yield gateway, one
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_house_is_told_whole_then_whether_it_has_sentences(hass: HomeAssistant) -> None:
    async with told(hass) as (gateway, _):
        kinds = [message.wire_name for message in gateway.heard]
        assert kinds == ["house_begin", "house_part", "house_part", "house_part", "house_end", "sentences_known"]
        (begin,) = gateway.all_of(HouseBegin)
        assert (begin.name, begin.language, begin.temperature_unit) == ("test home", "en", "°C")
        parts = gateway.all_of(HousePart)
        assert [floor.id for part in parts for floor in part.floors] == ["ground_floor"]
        assert [area.id for part in parts for area in part.areas] == ["kitchen", "bedroom"]
        assert [thing.id for part in parts for thing in part.entities] == [
            "light.bedside_lamp",
            "light.kitchen_light",
            "lock.front_door",
            "media_player.bedroom_speaker",
            "media_player.kitchen_speaker",
            "switch.kettle",
        ]
        assert gateway.all_of(SentencesKnown) == [SentencesKnown(exist=False)]


async def test_a_new_state_is_told_alone_and_a_burst_of_them_once(hass: HomeAssistant, home: SmallHouse) -> None:
    async with told(hass) as (gateway, _):
        await home.lamp.async_turn_on()
        await home.lamp.async_turn_off()
        await home.lamp.async_turn_on(brightness=128)
        await gateway.until(lambda: bool(gateway.all_of(StatesChanged)))
        (message,) = gateway.all_of(StatesChanged)
        (state,) = message.states
        assert (state.id, state.state, state.attributes["brightness"]) == ("light.kitchen_light", "on", 128)
        assert not gateway.all_of(EntitiesChanged)


async def test_what_is_not_exposed_is_never_told(hass: HomeAssistant, home: SmallHouse) -> None:
    async with told(hass) as (gateway, _):
        await home.secret.async_turn_on()
        er.async_get(hass).async_update_entity(home.secret.entity_id, area_id="bedroom")
        hass.states.async_set("light.other_secret", "on", {"friendly_name": WORLD})
        expose(hass, "light.other_secret", False)
        await home.lamp.async_turn_on()
        await gateway.until(lambda: bool(gateway.all_of(StatesChanged)))
        assert not any(WORLD in str(message) or "secret" in str(message) for message in gateway.heard)


async def test_a_script_is_told_anew_when_it_would_unlock_something_else(hass: HomeAssistant, home: SmallHouse) -> None:
    unlock = {"action": "lock.unlock", "target": {"area_id": "bedroom"}}
    assert await async_setup_component(hass, "script", {"script": {"arrive": {"sequence": [unlock]}}})
    expose(hass, "script.arrive", True)
    async with told(hass) as (gateway, _):

        def last() -> object:
            changed = [thing for message in gateway.all_of(EntitiesChanged) for thing in message.changed]
            return next((each.attributes.get("sets") for each in reversed(changed) if each.id == "script.arrive"), None)

        er.async_get(hass).async_update_entity(home.door.entity_id, area_id="bedroom")
        await gateway.until(lambda: last() == ("lock.front_door=unlocked",))
        expose(hass, home.door.entity_id, False)
        await gateway.until(lambda: last() == ("lock=unlocked",))


async def test_what_is_exposed_or_hidden_later_comes_and_goes(hass: HomeAssistant, home: SmallHouse) -> None:
    async with told(hass) as (gateway, _):
        expose(hass, home.secret.entity_id, True)
        await gateway.until(lambda: bool(gateway.all_of(EntitiesChanged)))
        expose(hass, home.secret.entity_id, False)
        hass.states.async_remove("switch.kettle")
        await gateway.until(lambda: len(gateway.all_of(EntitiesChanged)) == 2)
        came, went = gateway.all_of(EntitiesChanged)
        assert [thing.id for thing in came.changed] == [home.secret.entity_id]
        assert sorted(went.removed) == [home.secret.entity_id, "switch.kettle"]


async def test_a_thing_that_is_renamed_or_moved_is_told_whole(hass: HomeAssistant, home: SmallHouse) -> None:
    entities = er.async_get(hass)
    async with told(hass) as (gateway, _):
        entities.async_update_entity(home.lamp.entity_id, name="Big light", area_id="bedroom")
        entities.async_update_entity("switch.kettle", new_entity_id="switch.pot")
        await hass.async_block_till_done()
        await gateway.until(lambda: bool(gateway.all_of(EntitiesChanged)))
        things = {thing.id: thing for message in gateway.all_of(EntitiesChanged) for thing in message.changed}
        assert (things[home.lamp.entity_id].name, things[home.lamp.entity_id].area_id) == ("Big light", "bedroom")
        assert "switch.kettle" in [one for message in gateway.all_of(EntitiesChanged) for one in message.removed]


async def test_a_thing_whose_kind_changes_is_told_whole(hass: HomeAssistant) -> None:
    hass.states.async_set("cover.gate", "closed")
    expose(hass, "cover.gate", True)
    async with told(hass) as (gateway, _):
        hass.states.async_set("cover.gate", "closed", {"device_class": "gate"})
        await gateway.until(lambda: bool(gateway.all_of(EntitiesChanged)))
        assert gateway.all_of(EntitiesChanged)[0].changed[0].attributes == {"device_class": "gate"}


async def test_a_device_that_is_moved_takes_its_things_along(hass: HomeAssistant) -> None:
    entry = MockConfigEntry()
    entry.add_to_hass(hass)
    devices = dr.async_get(hass)
    device = devices.async_get_or_create(config_entry_id=entry.entry_id, identifiers={("test", "1")})
    fan = er.async_get(hass).async_get_or_create("fan", "test", "1", device_id=device.id, suggested_object_id="fan")
    hass.states.async_set(fan.entity_id, "on")
    expose(hass, fan.entity_id, True)
    async with told(hass) as (gateway, _):
        devices.async_update_device(device.id, sw_version="2")  # says nothing
        devices.async_update_device(device.id, area_id="bedroom")
        await gateway.until(lambda: bool(gateway.all_of(EntitiesChanged)))
        (moved,) = gateway.all_of(EntitiesChanged)[0].changed
        assert (moved.id, moved.area_id) == ("fan.fan", "bedroom")


async def test_a_new_room_is_a_new_house(hass: HomeAssistant) -> None:
    async with told(hass) as (gateway, _):
        ar.async_get(hass).async_create("Cellar")
        await gateway.until(lambda: len(gateway.all_of(HouseEnd)) == 2)
        assert "cellar" in [area.id for part in gateway.all_of(HousePart) for area in part.areas]
        hass.bus.async_fire(EVENT_CORE_CONFIG_UPDATE, {})  # nothing is different
        hass.config.location_name = "Villa"
        hass.bus.async_fire(EVENT_CORE_CONFIG_UPDATE, {"location_name": "Villa"})
        await gateway.until(lambda: len(gateway.all_of(HouseEnd)) == 3)
        assert gateway.all_of(HouseBegin)[-1].name == "Villa"


async def test_sentences_are_told_of_again_when_that_is_different(hass: HomeAssistant) -> None:
    async with told(hass) as (gateway, one):
        one._sentences.has_triggers = True
        one.notice()
        await gateway.until(lambda: len(gateway.all_of(SentencesKnown)) == 2)
        one._sentences.has_triggers = False
        one.notice()
        await gateway.until(lambda: len(gateway.all_of(SentencesKnown)) == 3)
        assert [message.exist for message in gateway.all_of(SentencesKnown)] == [False, True, False]


async def test_what_changes_while_the_house_is_told_is_told_afterwards(
    hass: HomeAssistant, home: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "AT_ONCE", 1)
    gateway, sentences = Gateway(), OwnSentences(hass, "en", lambda: None)
    running = asyncio.create_task(Telling(hass, sentences, gateway.say, lambda: guards(hass)).run())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not gateway.heard  # it is looking
    for lamp in (home.bedside, home.lamp):
        await lamp.async_turn_on()
    await gateway.until(lambda: bool(gateway.all_of(SentencesKnown)))
    await asyncio.sleep(telling.COALESCE_S * 2)
    states = {thing.id: thing.state for part in gateway.all_of(HousePart) for thing in part.entities}
    states |= {one.id: one.state for message in gateway.all_of(StatesChanged) for one in message.states}
    assert (states["light.bedside_lamp"], states["light.kitchen_light"]) == ("on", "on")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_nothing_listens_any_more_when_it_is_over(hass: HomeAssistant, home: SmallHouse) -> None:
    before = hass.bus.async_listeners()
    async with told(hass) as (gateway, _):
        assert hass.bus.async_listeners()[EVENT_STATE_CHANGED] > before.get(EVENT_STATE_CHANGED, 0)
    assert hass.bus.async_listeners() == before
    await home.lamp.async_turn_on()
    await asyncio.sleep(telling.COALESCE_S * 2)
    assert not gateway.all_of(StatesChanged)


async def test_more_things_than_the_gateway_takes_are_left_out(
    hass: HomeAssistant, home: SmallHouse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(telling, "MOST_ENTITIES", 4)
    async with told(hass) as (gateway, _):
        assert sum(len(part.entities) for part in gateway.all_of(HousePart)) == 4
        hass.states.async_set("light.more", "on")
        expose(hass, "light.more", True)
        await home.lamp.async_turn_on()
        await gateway.until(lambda: bool(gateway.all_of(StatesChanged)))
        assert not gateway.all_of(EntitiesChanged)
    assert "Only 4 of 6 exposed entities" in caplog.text


async def test_a_large_house_is_told_without_keeping_others_waiting(hass: HomeAssistant) -> None:
    for number in range(2_000):
        hass.states.async_set(
            f"light.lamp_{number}", "on", {"friendly_name": f"Lamp {number}", "supported_color_modes": ["color_temp"]}
        )
        expose(hass, f"light.lamp_{number}", True)
    await hass.async_block_till_done()
    longest_s = 0.0
    is_over = False

    async def watch() -> None:
        nonlocal longest_s
        while not is_over:
            before_s = perf_counter()
            await asyncio.sleep(0)
            longest_s = max(longest_s, perf_counter() - before_s)

    watching = asyncio.create_task(watch())
    started_s = perf_counter()
    async with told(hass) as (gateway, _):
        took_s = perf_counter() - started_s
        is_over = True
        await watching
        assert sum(len(part.entities) for part in gateway.all_of(HousePart)) == 2_006
    assert took_s < 2  # 0.08 s on a laptop's two cores
    assert longest_s < 0.05  # 0.009 s there


async def test_who_lives_here_is_told_with_the_house_exposed_or_not_and_again_when_that_changes(
    hass: HomeAssistant,
) -> None:
    hass.states.async_set("person.ada", "home", {"friendly_name": "Ada Lovelace"})
    async with told(hass) as (gateway, _):
        assert gateway.all_of(HouseBegin)[-1].people == ("Ada Lovelace",)

        hass.states.async_set("person.ada", "not_home", {"friendly_name": "Ada Lovelace"})
        hass.states.async_set("person.grace", "home", {"friendly_name": "Grace"})
        await gateway.until(lambda: len(gateway.all_of(HouseEnd)) == 2)
        assert gateway.all_of(HouseBegin)[-1].people == ("Ada Lovelace", "Grace")

        hass.states.async_set("person.grace", "home", {"friendly_name": "Grace Hopper"})
        await gateway.until(lambda: len(gateway.all_of(HouseEnd)) == 3)
        assert gateway.all_of(HouseBegin)[-1].people == ("Ada Lovelace", "Grace Hopper")

        hass.states.async_remove("person.ada")
        await gateway.until(lambda: len(gateway.all_of(HouseEnd)) == 4)
        assert gateway.all_of(HouseBegin)[-1].people == ("Grace Hopper",)


async def test_of_a_crowd_as_many_are_told_as_a_message_may_have(hass: HomeAssistant) -> None:
    for number in range(telling.MOST_PEOPLE + 1):
        hass.states.async_set(f"person.p{number:03}", "home", {"friendly_name": f"P{number:03}" + "x" * 300})
    async with told(hass) as (gateway, _):
        people = gateway.all_of(HouseBegin)[0].people
        assert len(people) == telling.MOST_PEOPLE
        assert {len(name) for name in people} == {telling.LONGEST_NAME_CHARS}


async def test_what_is_decided_anew_is_told_as_whole_things(hass: HomeAssistant, home: SmallHouse) -> None:
    decided: list[ConfigSubentryData] = []
    gateway, sentences = Gateway(), OwnSentences(hass, "en", lambda: None)
    one = Telling(hass, sentences, gateway.say, lambda: guards(hass, *decided))
    running = asyncio.create_task(one.run())
    await gateway.until(lambda: bool(gateway.all_of(SentencesKnown)))
    decided.append(decision("never", entities=["switch.kettle"]))
    one.notice_all()
    await gateway.until(lambda: bool(gateway.all_of(EntitiesChanged)))
    (changed,) = gateway.all_of(EntitiesChanged)
    assert [(thing.id, thing.guard) for thing in changed.changed] == [("switch.kettle", "never")]
    running.cancel()


async def test_where_what_is_marked_stands_may_change_what_a_script_does_to_it(
    hass: HomeAssistant, home: SmallHouse
) -> None:
    step = {"action": "switch.turn_on", "target": {"area_id": "bedroom"}}
    assert await async_setup_component(hass, "script", {"script": {"tea": {"sequence": [step]}}})
    await hass.async_block_till_done()
    expose(hass, "script.tea", True)
    marked = guards(hass, decision("pin", entities=["switch.kettle"]))
    gateway, sentences = Gateway(), OwnSentences(hass, "en", lambda: None)
    running = asyncio.create_task(Telling(hass, sentences, gateway.say, lambda: marked).run())
    await gateway.until(lambda: bool(gateway.all_of(SentencesKnown)))
    er.async_get(hass).async_update_entity("switch.kettle", area_id="bedroom")
    await gateway.until(lambda: bool(gateway.all_of(EntitiesChanged)))
    changed = {thing.id: thing.guard for message in gateway.all_of(EntitiesChanged) for thing in message.changed}
    assert changed == {"switch.kettle": "pin", "script.tea": "pin"}
    running.cancel()


# Sentences of the household's own


def write_sentences(hass: HomeAssistant, folder: Path, **files: str) -> None:
    hass.config.config_dir = str(folder)
    for name, content in files.items():
        path = folder / "custom_sentences" / "en" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


@asynccontextmanager
async def told_with_sentences(hass: HomeAssistant) -> AsyncGenerator[Gateway]:
    gateway = Gateway()
    running: list[Telling] = []

    def notice() -> None:
        for one in running:
            one.notice()

    own = OwnSentences(hass, "en", notice)
    await own.start()
    running.append(Telling(hass, own, gateway.say, lambda: guards(hass)))
    task = asyncio.create_task(running[0].run())
    await gateway.until(lambda: bool(gateway.all_of(SentencesKnown)))
    try:
        yield gateway
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        own.stop()


ORDER = """
language: en
intents: {Own: {data: [{sentences: ["order {drink}"]}]}}
lists: {drink: {values: [tea]}}
"""


async def test_the_households_sentences_are_told_before_the_house_and_again_when_they_change(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    write_sentences(hass, tmp_path, own=ORDER)
    async with told_with_sentences(hass) as gateway:
        (part,) = gateway.all_of(SentencesPart)
        assert gateway.heard.index(part) < gateway.heard.index(gateway.all_of(HouseBegin)[0])
        assert part.blocks == (SentenceBlockWords(intent="Own", sentences=("order {drink}",)),)
        config = {"alias": "own", "trigger": {"platform": "conversation", "command": "good night"}, "action": []}
        assert await async_setup_component(hass, "automation", {"automation": config})
        await gateway.until(lambda: len(gateway.all_of(SentencesPart)) == 2)
        assert SentenceBlockWords(sentences=("good night",)) in gateway.all_of(SentencesPart)[1].blocks
        write_sentences(hass, tmp_path, own=ORDER.replace("order", "brew"))
        await hass.services.async_call("conversation", "reload", {"language": "en"}, blocking=True)
        await gateway.until(lambda: len(gateway.all_of(SentencesPart)) == 3)
        assert gateway.all_of(SentencesPart)[2].blocks[0].sentences == ("brew {drink}",)
        await hass.services.async_call("automation", "turn_off", {"entity_id": "automation.own"}, blocking=True)
        (tmp_path / "custom_sentences" / "en" / "own.yaml").unlink()
        await hass.services.async_call("conversation", "reload", {"language": "en"}, blocking=True)
        await gateway.until(lambda: gateway.all_of(SentencesPart)[-1] == SentencesPart(begins=True, ends=True))


async def test_a_home_without_sentences_of_its_own_tells_of_none(hass: HomeAssistant, tmp_path: Path) -> None:
    write_sentences(hass, tmp_path)
    async with told_with_sentences(hass) as gateway:
        assert not gateway.all_of(SentencesPart)


async def test_files_that_cannot_be_used_are_a_repair_until_they_are_put_right(
    hass: HomeAssistant, tmp_path: Path, issue_registry: ir.IssueRegistry
) -> None:
    write_sentences(hass, tmp_path, own=ORDER, broken="intents: [", other="intents: {Own: 7}")
    async with told_with_sentences(hass) as gateway:
        assert len(gateway.all_of(SentencesPart)[0].blocks) == 1
        issue = issue_registry.async_get_issue(DOMAIN, SENTENCES_UNUSABLE)
        assert issue is not None
        assert issue.translation_placeholders == {"files": "- `en/broken.yaml`\n- `en/other.yaml`"}
        await issues.async_check(hass)
        assert issue_registry.async_get_issue(DOMAIN, SENTENCES_UNUSABLE), "nobody else takes it away"
        write_sentences(hass, tmp_path, broken="intents: {}", other="intents: {}")
        await hass.services.async_call("conversation", "reload", {"language": "en"}, blocking=True)
        await asyncio.sleep(3 * telling.COALESCE_S)
        assert not issue_registry.async_get_issue(DOMAIN, SENTENCES_UNUSABLE)
