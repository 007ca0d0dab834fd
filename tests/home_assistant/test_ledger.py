"""What a gateway remembers is asked for over its connection; what it says unasked is told to whoever listens."""

import asyncio
from collections.abc import Callable

import pytest

from custom_components.local_voice import ledger as under_test
from custom_components.local_voice.errors import NotConnectedError, RefusedError
from custom_components.local_voice.ledger import Ledger
from custom_components.local_voice.wire import client
from custom_components.local_voice.wire.codec import Message
from custom_components.local_voice.wire.learning_messages import CorrectTurn, TurnCorrected
from custom_components.local_voice.wire.ledger_messages import AskTurns, SelectionWords, Turns
from tests.home_assistant.conftest import SetUp, until
from tests.home_assistant.scripted_gateway import ScriptedGateway
from tests.home_assistant.scripted_ledger import CLIP, DAY_S, TURN

USER = "fedcba9876543210fedcba9876543210"


@pytest.fixture
async def ledger(setup_entry: SetUp) -> Ledger:
    """Return that of a gateway which is connected."""
    ledger: Ledger = (await setup_entry()).runtime_data.ledger
    return ledger


def turns(id_: int) -> AskTurns:
    return AskTurns(id=id_, words="lamp", of_user=USER)


async def test_how_long_things_are_kept_is_known_from_the_beginning_and_told_once_when_it_is_different(
    gateway: ScriptedGateway, ledger: Ledger
) -> None:
    assert ledger.is_there
    assert ledger.kept is not None
    assert (ledger.kept.transcripts_s, ledger.kept.audio_s, ledger.kept.false_wakes_s) == (7 * DAY_S, None, 60)
    changes: list[object] = []
    ledger.on_change(lambda: changes.append(ledger.kept))
    gateway.ledger.is_there = False
    await gateway.say(gateway.ledger.kept(), gateway.ledger.kept())
    await until(ledger.on_change, lambda: not ledger.is_there)
    await gateway.ping()
    assert changes == [ledger.kept]


async def test_nothing_is_known_while_the_gateway_is_away(gateway: ScriptedGateway, ledger: Ledger) -> None:
    await gateway.stop()
    await until(ledger.on_change, lambda: ledger.kept is None)
    assert not ledger.is_there
    with pytest.raises(NotConnectedError):
        await ledger.ask(turns, Turns)
    await gateway.start()
    await until(ledger.on_change, lambda: ledger.is_there)


async def test_a_question_is_answered(gateway: ScriptedGateway, ledger: Ledger) -> None:
    answer = await ledger.ask(turns, Turns)
    assert [(turn.turn_id, turn.heard) for turn in answer.turns] == [(TURN, "turn on the lump")]
    asked = await gateway.told("ask_turns")
    assert (asked["words"], asked["of_user"]) == ("lamp", USER)
    assert gateway.all_told("forget") == []


async def test_an_answer_with_an_error_says_why(gateway: ScriptedGateway, ledger: Ledger) -> None:
    gateway.ledger.error = {"error": "harm", "message": "two turns"}
    with pytest.raises(RefusedError) as refused:
        await ledger.ask(lambda id_: CorrectTurn(id=id_, turn_id=TURN, meant="lamp", keep=True), TurnCorrected)
    assert (refused.value.code, refused.value.message) == ("harm", "two turns")
    assert refused.value.translation_key == "would_harm"


@pytest.mark.parametrize(
    ("limit", "question", "kind"),
    [
        ("ASKED_S", turns, Turns),
        ("TRIED_S", lambda id_: CorrectTurn(id=id_, turn_id=TURN), TurnCorrected),
    ],
)
async def test_what_is_not_answered_ends(
    gateway: ScriptedGateway,
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    question: Callable[[int], Message],
    kind: type[Message],
) -> None:
    monkeypatch.setattr(under_test, limit, 0.02)
    gateway.scripts |= {"ask_turns": lambda _: [], "correct_turn": lambda _: []}
    with pytest.raises(RefusedError) as refused:
        await ledger.ask(question, kind)
    assert refused.value.code == "no_answer"
    await gateway.told("forget")


async def test_who_is_cancelled_has_the_question_withdrawn(gateway: ScriptedGateway, ledger: Ledger) -> None:
    gateway.scripts["ask_turns"] = lambda _: []
    asking = asyncio.create_task(ledger.ask(turns, Turns))
    asked = await gateway.told("ask_turns")
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await gateway.told("forget"))["id"] == asked["id"]


async def test_a_gateway_that_is_too_old_is_asked_nothing(gateway: ScriptedGateway, setup_entry: SetUp) -> None:
    gateway.ledger.is_older = True
    ledger: Ledger = (await setup_entry()).runtime_data.ledger
    assert (ledger.kept, ledger.is_there) == (None, False)
    for asking in (
        ledger.ask(turns, Turns),
        ledger.play(TURN, of_user=None, user_id=""),
        ledger.keep(transcripts_s=None, audio_s=None, user_id=""),
        ledger.forget(everything=True, user_id=""),
    ):
        with pytest.raises(RefusedError) as refused:
            await asking
        assert refused.value.translation_key == "no_ledger"
    assert not [told for told in gateway.heard if gateway.ledger.knows(told["type"])]


async def test_what_was_recorded_of_a_turn_is_played(gateway: ScriptedGateway, ledger: Ledger) -> None:
    assert await ledger.play(TURN, of_user=USER, user_id=USER) == CLIP
    asked = await gateway.told("play_turn")
    assert (asked["turn_id"], asked["of_user"], asked["user_id"]) == (TURN, USER, USER)
    assert gateway.all_told("forget") == []


async def test_why_nothing_is_played_is_said(gateway: ScriptedGateway, ledger: Ledger) -> None:
    gateway.ledger.error = {"error": "no_clip", "message": "none is kept"}
    with pytest.raises(RefusedError) as refused:
        await ledger.play(TURN, of_user=None, user_id="")
    assert (refused.value.code, refused.value.translation_key) == ("no_clip", "no_recording")


async def test_sound_of_another_rate_or_without_end_is_not_taken(
    gateway: ScriptedGateway, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.ledger.rate_hz = 22_050
    with pytest.raises(RefusedError) as refused:
        await ledger.play(TURN, of_user=None, user_id="")
    assert refused.value.code == "malformed"
    gateway.ledger.rate_hz = 16_000
    monkeypatch.setattr(client, "LARGEST_CLIP_BYTES", len(CLIP) - 1)
    with pytest.raises(RefusedError) as refused:
        await ledger.play(TURN, of_user=None, user_id="")
    assert refused.value.code == "malformed"


async def test_turns_are_forgotten_and_whoever_has_copies_is_told(gateway: ScriptedGateway, ledger: Ledger) -> None:
    told: list[bool] = []
    stop = ledger.on_forgotten(told.append)
    forgotten = await ledger.forget(SelectionWords(last_s=3_600), of_user=USER, user_id=USER)
    assert (forgotten.turns, forgotten.clips, forgotten.rules) == (1, 0, 0)
    asked = await gateway.told("forget_turns")
    assert {name: asked.get(name) for name in ("selection", "everything", "of_user", "user_id")} == {
        "selection": {"last_s": 3_600},
        "everything": None,
        "of_user": USER,
        "user_id": USER,
    }
    assert "keep_rules" not in asked
    await ledger.forget(SelectionWords(turn_ids=(TURN,)), keep_rules=True, user_id=USER)
    asked = await gateway.told("forget_turns", 2)
    assert (asked["selection"], asked["keep_rules"]) == ({"turn_ids": [TURN]}, True)
    await ledger.forget(everything=True, user_id="")
    await gateway.ping()
    stop()
    await gateway.say({"type": "something_forgotten"})
    await ledger.ask(turns, Turns)
    assert told == [False, False, True]


async def test_false_wakes_are_kept_as_long_as_before_when_other_times_change(
    gateway: ScriptedGateway, ledger: Ledger
) -> None:
    gateway.ledger.false_wakes_s = 300
    await gateway.say(gateway.ledger.kept())
    await until(ledger.on_change, lambda: ledger.kept is not None and ledger.kept.false_wakes_s == 300)
    await ledger.keep(transcripts_s=DAY_S, audio_s=3_600, user_id=USER)
    asked = await gateway.told("change_kept")
    assert asked == {
        "type": "change_kept",
        "id": asked["id"],
        "transcripts_s": DAY_S,
        "audio_s": 3_600,
        "false_wakes_s": 300,
        "user_id": USER,
    }
