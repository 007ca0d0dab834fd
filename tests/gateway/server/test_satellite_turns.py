"""What a satellite's turns leave for the ledger, over a real connection: rows, sound where it is kept, sensitivity."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.server.satellite_turns import SatelliteTurns
from gateway.wire.ledger_words import Kept, SomethingForgotten
from gateway.wire.peers import Role
from gateway.wire.request_words import Recognize, Recognized
from gateway.wire.voice_words import TurnHappened
from tests.fakes import (
    UNLOCKED,
    ScriptedHome,
    ScriptedStt,
    ScriptedWakeWord,
    quiet,
    recognized,
    speech,
    stages,
    wake_word,
)
from tests.gateway.server.kept_ledger import USUAL, WITH_SOUND, NotingLedger
from tests.gateway.server.scripted_gateway import scripted_gateway

TURN = (quiet(2_500), wake_word(), quiet(300), speech(900), quiet(1_000))


async def test_a_turn_is_a_row_without_sound(tmp_path: Path) -> None:
    ledger = NotingLedger()
    async with (
        scripted_gateway(tmp_path, ledger=ledger) as gateway,
        gateway.home() as home,
        gateway.satellite(area="Kitchen") as satellite,
    ):
        satellite_id = (await satellite.greeted()).peer_id
        await satellite.hear(*TURN)
        await home.told(TurnHappened)
        row = ledger.row
        assert (row.satellite_id, row.area_id, row.outcome, row.heard, row.user_id) == (
            satellite_id, "kitchen", "action", "turn on the lamp", ""
        )  # fmt: skip
        assert set(row.stages_ms) >= {"stt", "intent", "action", "first_sound"}
        assert ledger.clips == [b""]
    assert len(ledger.rows) == 1


async def test_where_recordings_are_kept_what_was_said_first_comes_with_it(tmp_path: Path) -> None:
    ledger = NotingLedger(kept=WITH_SOUND)
    stt = ScriptedStt(recognized("turn on the lamp"), recognized("yes"))
    scripted = stages(stt=stt, home=ScriptedHome(foreseen=(UNLOCKED,)))
    async with (
        scripted_gateway(tmp_path, scripted, ledger=ledger) as gateway,
        gateway.home() as home,
        gateway.satellite() as satellite,
    ):
        await satellite.hear(*TURN)
        await satellite.until(lambda: satellite.received_bytes > 0)
        await asyncio.sleep(0.4)
        await satellite.hear(speech(600), quiet(1_000))
        await home.told(TurnHappened)
        assert ledger.row.outcome == "action"
        assert ledger.clips == [stt.heard[0]]
        assert len(stt.heard) > 1


async def test_a_false_wake_and_noise_leave_no_sound_that_nobody_meant_for_us(tmp_path: Path) -> None:
    ledger = NotingLedger(kept=WITH_SOUND)
    scripted = stages(stt=ScriptedStt(recognized("mumble", score=-1.5)))
    async with (
        scripted_gateway(tmp_path, scripted, ledger=ledger) as gateway,
        gateway.home() as home,
        gateway.satellite() as satellite,
    ):
        await satellite.hear(*TURN, quiet(6_000))
        await home.told(TurnHappened)
        assert (ledger.row.kind, ledger.row.outcome) == ("false_wake", "nothing_heard")
        assert bool(ledger.clips[0]) == bool(ledger.row.hypotheses)


async def test_a_satellite_that_goes_in_the_middle_leaves_what_had_happened(tmp_path: Path) -> None:
    ledger = NotingLedger()
    home_that_waits = ScriptedHome(delay_s=30)
    async with scripted_gateway(tmp_path, stages(home=home_that_waits), ledger=ledger) as gateway:
        async with gateway.satellite() as satellite:
            await satellite.hear(*TURN)
            async with asyncio.timeout(5):
                while not home_that_waits.requests:  # noqa: ASYNC110 - nothing tells of it
                    await asyncio.sleep(0.01)
        async with asyncio.timeout(5):
            while not ledger.rows:  # noqa: ASYNC110 - likewise
                await asyncio.sleep(0.01)
    assert (ledger.row.outcome, ledger.row.heard) == ("", "turn on the lamp")


class TestWhatIsForgotten:
    async def test_homes_are_told_and_so_is_what_is_kept(self, tmp_path: Path) -> None:
        ledger = NotingLedger()
        async with scripted_gateway(tmp_path, ledger=ledger) as gateway, gateway.home() as home:
            assert await home.told(Kept) == USUAL
            ledger.change(kept=WITH_SOUND)
            assert await home.told(Kept, 2) == WITH_SOUND
            ledger.change()
            ledger.forget()
            ledger.forget(everything=True)
            assert (await home.told(SomethingForgotten)).everything is False
            assert (await home.told(SomethingForgotten, 2)).everything is True
            assert len(home.all_told(Kept)) == 2

    async def test_what_was_recognised_and_not_said_yet_is_forgotten(self, tmp_path: Path) -> None:
        ledger = NotingLedger()
        async with scripted_gateway(tmp_path, ledger=ledger) as gateway:
            async with gateway.home() as home:
                for number, conversation_id in enumerate(("first", "second"), 1):
                    home.say(Recognize(id=number, conversation_id=conversation_id))
                    await home.send_sound(number, quiet(320), speech(960), quiet(1_600))
                    await home.told(Recognized, number)
                    if number == 1:
                        ledger.forget()
                        await home.told(SomethingForgotten)
            async with asyncio.timeout(5):
                while not ledger.rows:  # noqa: ASYNC110 - nothing tells of it
                    await asyncio.sleep(0.01)
        assert (ledger.row.conversation_id, ledger.row.outcome) == ("second", "recognized")

    async def test_with_everything_the_turn_under_way_as_well_otherwise_not_that_one(self, tmp_path: Path) -> None:
        ledger = NotingLedger(kept=WITH_SOUND)
        acting = ScriptedHome(delay_s=0.2)
        async with (
            scripted_gateway(tmp_path, stages(home=acting), ledger=ledger) as gateway,
            gateway.home() as home,
            gateway.satellite() as satellite,
        ):
            for number, everything in enumerate((True, False), 1):
                await satellite.hear(*TURN)
                async with asyncio.timeout(5):
                    while len(acting.requests) < number:  # noqa: ASYNC110 - nothing tells of it
                        await asyncio.sleep(0.01)
                ledger.forget(everything=everything)
                await home.told(TurnHappened, number)
        assert ledger.row.outcome == "action"

    def test_a_turn_that_was_another_satellites_leaves_nothing(self) -> None:
        ledger = NotingLedger(kept=WITH_SOUND)
        turns = SatelliteTurns("shelf", ledger, lambda: None)
        turns.began("alexa")
        turns.heard(b"\1\2")
        turns.forget()
        turns.over()
        assert ledger.rows == []


class TestSensitivity:
    async def test_a_satellite_wakes_as_it_is_to_and_a_change_holds_at_once(self, tmp_path: Path) -> None:
        ledger = NotingLedger(own={})
        doubtful = [replace(stages(), wake=ScriptedWakeWord(score=0.6)) for _ in range(4)]
        async with scripted_gateway(tmp_path, *doubtful, ledger=ledger) as gateway, gateway.home() as home:
            satellite_id = gateway.pair(Role.SATELLITE)
            ledger.change(own={satellite_id: 0, "another": 3})
            async with gateway.satellite(satellite_id) as satellite:
                await home.satellite_is(satellite_id, connected=True)
                await satellite.hear(*TURN)
                await asyncio.sleep(0.3)
                assert home.all_told(TurnHappened) == [], "at 0 it is not sure enough"
                before = len(gateway.equipment.given)
                ledger.change(own={satellite_id: 0})
                ledger.change(own={satellite_id: 50})
                async with asyncio.timeout(5):
                    while len(gateway.equipment.kept) < before:  # noqa: ASYNC110 - nothing tells of it
                        await asyncio.sleep(0.01)
                assert len(gateway.equipment.given) == before + 1, "only what is different has new ears"
                await satellite.hear(*TURN)
                await home.told(TurnHappened)
        assert ledger.row.wake_score == pytest.approx(0.6)
