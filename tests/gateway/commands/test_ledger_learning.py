"""`local-voice ledger correct`, `mark`, `tune` and others, as a gateway that runs answers them."""

import argparse
import asyncio
import io
import json
import sys
from contextlib import closing

import pytest

from gateway.broker.store import PeerStore
from gateway.commands import ledger as command
from gateway.commands import ledger_chosen
from gateway.commands.ledger_learning import place_id, satellite_id
from gateway.commands.ledger_shown import day_cells, local, plain, share, stats_lines
from gateway.errors import ConfigError, LedgerError, LinkError
from gateway.paths import gateway_dir
from gateway.processes.ledger_words import AskLedger, LedgerSays
from gateway.wire.learning_words import (
    AskTuning,
    CorrectTurn,
    HarmWords,
    MarkWake,
    MeaningWords,
    RemoveRule,
    Rules,
    RuleWords,
    SetSensitivity,
    Tuning,
    TuningOption,
    TurnCorrected,
)
from gateway.wire.ledger_words import (
    AskStats,
    AskTurns,
    CountsWords,
    DayWords,
    LedgerDone,
    StageWords,
    Stats,
    Turns,
    TurnWords,
)
from gateway.wire.peers import Role
from tests.gateway.commands.scripted_ledger import Says, scripted_ledger

TURN = "a" * 32
RULE = RuleWords(rule_id="b" * 32, kind="words", said="the lump", meant="the lamp", made_at="2026-11-22T12:00:00+00:00")
BEFORE = MeaningWords(text="turn on the lump")
AFTER = MeaningWords(text="turn on the lamp", intent="HassTurnOn", slots={"name": "Lamp"}, entity_id="light.lamp")
HARM = HarmWords(turn_id="c" * 32, heard="show the lump", before=AFTER, after=BEFORE)
CORRECTED = TurnCorrected(id=1, rule=RULE, before=BEFORE, after=AFTER, from_sound=True, replayed=7)
TUNING = Tuning(
    id=1,
    satellite_id="shelf",
    sensitivity=45,
    is_own=True,
    false_wakes=3,
    real_wakes=20,
    options=(TuningOption(sensitivity=40, false_wakes=1, missed=0),),
    suggested=40,
    is_changed=True,
)


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    command.register(parser.add_subparsers())
    args = parser.parse_args(["ledger", *arguments])
    code = args.run(args)
    assert isinstance(code, int)
    return code


async def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """Return what a command says."""
    capsys.readouterr()
    assert await asyncio.to_thread(run, *arguments) == code
    return capsys.readouterr().out


def typing(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Let a person sit at a terminal, and type this."""
    monkeypatch.setattr(ledger_chosen, "is_at_terminal", lambda: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def says(corrected: TurnCorrected = CORRECTED) -> Says:
    """Return a gateway that knows one turn, and answers like this."""

    def answer(asked: AskLedger) -> LedgerSays:
        said: TurnCorrected | Tuning | Turns | Rules | LedgerDone
        match asked.question:
            case AskTurns():
                said = Turns(id=1, turns=(TurnWords(turn_id=TURN, at="2026-11-22T12:00:00+00:00"),))
            case CorrectTurn():
                said = corrected
            case MarkWake() | AskTuning():
                said = TUNING
            case _:
                said = LedgerDone(id=1)
        return LedgerSays(id=asked.id, answer=said)

    return answer


def correcting(*, is_kept: bool, despite_harm: bool = False) -> CorrectTurn:
    return CorrectTurn(id=1, turn_id=TURN, meant="turn on the lamp", keep=is_kept, despite_harm=despite_harm)


async def test_a_correction_is_shown_before_it_is_kept(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typing(monkeypatch, "y\n")
    async with scripted_ledger(says()) as asked:
        out = await said(capsys, "correct", "aa", "turn on the lamp")
    assert out.splitlines() == [
        "before: nothing  (by its sound)",
        "after:  HassTurnOn(name=Lamp) → light.lamp",
        "rule:   words: “the lump” → “the lamp”",
        "tried again: 7 turns that were right; 0 would be understood otherwise",
        "Keep this? [y/N] Kept. It holds from the next turn on; `local-voice ledger rules` lists what was taught.",
    ]
    assert asked[1:] == [correcting(is_kept=False), correcting(is_kept=True)]


async def test_without_a_yes_nothing_is_kept(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typing(monkeypatch, "\n")
    no_rule = TurnCorrected(id=1, before=BEFORE, after=BEFORE)
    async with scripted_ledger(says(no_rule)) as asked:
        out = await said(capsys, "correct", "aa", "turn on the lamp", code=1)
    assert "before: nothing  (by what was heard)\n" in out
    assert "rule:   none is needed\n" in out
    assert out.endswith("Nothing is kept.\n")
    assert asked[1:] == [correcting(is_kept=False)]


async def test_harm_is_shown_and_kept_only_by_who_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    harmful = TurnCorrected(id=1, rule=RULE, before=BEFORE, after=AFTER, replayed=7, harmed=(HARM,), harmed_count=1)
    async with scripted_ledger(says(harmful)) as asked:
        with pytest.raises(ConfigError, match="1 turns that were right would be understood otherwise; --despite-harm"):
            await asyncio.to_thread(run, "correct", "aa", "turn on the lamp", "--yes")
        assert asked[1:] == [correcting(is_kept=False)]
        out = await said(capsys, "correct", "aa", "turn on the lamp", "--yes", "--despite-harm", "--json")
        assert json.loads(out)["harmed_count"] == 1
        assert asked[-1] == correcting(is_kept=True, despite_harm=True)
        typing(monkeypatch, "yes\n")
        out = await said(capsys, "correct", "aa", "turn on the lamp")
    assert "  cccccccc “show the lump”: HassTurnOn(name=Lamp) → light.lamp → nothing\n" in out
    assert "Keep this, although it does harm? [y/N] Kept." in out


async def test_a_thing_is_given_a_name() -> None:
    async with scripted_ledger(says()) as asked:
        await asyncio.to_thread(run, "correct", TURN, "--called", "the big light", "--entity", "light.lamp", "--yes")
        assert asked[-1] == CorrectTurn(id=1, turn_id=TURN, said="the big light", entity_id="light.lamp", keep=True)
        for arguments in (
            (),
            ("on", "--called", "it", "--entity", "light.a"),
            ("--called", "it"),
            ("x", "--entity", "y"),
        ):
            with pytest.raises(ConfigError, match="say either what was meant"):
                await asyncio.to_thread(run, "correct", TURN, *arguments)


async def test_what_is_refused_is_said_as_the_gateway_says_it() -> None:
    refusing = TurnCorrected(id=1, error="no_meaning", message="that means nothing here")
    async with scripted_ledger(says(refusing)):
        with pytest.raises(LedgerError, match="that means nothing here"):
            await asyncio.to_thread(run, "correct", TURN, "fly to the moon", "--yes")
    async with scripted_ledger(lambda asked: LedgerSays(id=asked.id, answer=LedgerDone(id=1))):
        with pytest.raises(LinkError, match="answered out of order"):
            await asyncio.to_thread(run, "show", TURN)


async def test_a_false_wake_is_marked_and_what_comes_of_it_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    async with scripted_ledger(says()) as asked:
        out = await said(capsys, "mark", "aa")
        assert [" ".join(line.split()) for line in out.splitlines()] == [
            "Marked: nobody had said the wake word.",
            "It wakes less eagerly from now on: sensitivity 45. That costs no wake we know of.",
            "Sensitivity 45 (its own); suggested: 40.",
            "Known: 20 real wakes, 3 marked as false.",
            "sensitivity false wakes real wakes missed at most",
            "40 1 0",
        ]
        assert asked[-1] == MarkWake(id=1, turn_id=TURN)
        assert json.loads(await said(capsys, "mark", "aa", "--real", "--json"))["suggested"] == 40
        assert asked[-1] == MarkWake(id=1, turn_id=TURN, is_false=False)


async def test_a_satellite_is_tuned_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    with closing(PeerStore(gateway_dir())) as store:
        peer = store.add(name="Shelf", role=Role.SATELLITE).peer
    async with scripted_ledger(says()) as asked:
        assert "Sensitivity 45 (its own)" in await said(capsys, "tune", "shelf")
        assert json.loads(await said(capsys, "tune", peer.id, "--json"))["real_wakes"] == 20
        await said(capsys, "tune", "SHELF", "--to", "0")
    assert asked == [
        AskTuning(id=1, satellite_id=peer.id),
        AskTuning(id=1, satellite_id=peer.id),
        SetSensitivity(id=1, satellite_id=peer.id, sensitivity=0),
    ]


def test_only_a_satellite_that_is_paired_is_tuned() -> None:
    with pytest.raises(ConfigError, match="no satellite 'shelf' is paired here; there is none"):
        satellite_id("shelf")
    with closing(PeerStore(gateway_dir())) as store:
        store.add(name="Home", role=Role.HOME)
        first = store.add(name="Shelf", role=Role.SATELLITE).peer
    assert satellite_id("shelf") == place_id("SHELF") == first.id
    for wanted in ("home", "wyoming"):
        with pytest.raises(ConfigError, match=f"no satellite '{wanted}' is paired here; there are: "):
            satellite_id(wanted)
        assert place_id(wanted) == wanted, "what was said there may be remembered"
    assert satellite_id(first.id) == first.id


async def test_rules_are_read_page_by_page_and_removed_by_the_beginning_of_an_id(
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = RuleWords(rule_id="b" * 31 + "0", kind="alias", said="it", entity_id="light.lamp")

    def paged(asked: AskLedger) -> LedgerSays:
        if isinstance(asked.question, RemoveRule):
            return LedgerSays(id=asked.id, answer=LedgerDone(id=1))
        before = getattr(asked.question, "before", None)
        page = Rules(id=1, rules=(RULE,), before=1) if before is None else Rules(id=1, rules=(other,))
        return LedgerSays(id=asked.id, answer=page)

    async with scripted_ledger(paged) as asked:
        lines = (await said(capsys, "rules")).splitlines()
        assert [line.split()[0] for line in lines] == ["id", "bbbbbbbb", "bbbbbbbb"]
        with pytest.raises(ConfigError, match="several rules begin with 'bb'"):
            await asyncio.to_thread(run, "unlearn", "bb")
        assert "Removed;" in await said(capsys, "unlearn", other.rule_id, "--yes")
        assert asked[-1] == RemoveRule(id=1, rule_id=other.rule_id)


async def test_accuracy_and_rows_that_cannot_be_read_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    stats = Stats(
        id=1,
        total=CountsWords(turns=3, understood=1, not_understood=1),
        stages={"stt": StageWords(turns=2, median_ms=300.4, p95_ms=500)},
        corrected=4,
        corrected_right=3,
    )
    assert list(stats_lines(stats)) == [
        "turns 3, understood 50%, false wakes 0",
        "corrected turns that are understood as corrected by now: 3 of 4",
        "stt: 300 ms, one in twenty longer than 500 ms (2 turns)",
    ]
    assert share(CountsWords()) == "-"
    busy = DayWords(day="2026-11-22", counts=CountsWords(turns=3, corrected=2), reply_ms=980, corrected_right=1)
    assert day_cells(busy) == ("2026-11-22", "3", "-", "0", "0", "0", "980 ms", "2", "1")
    assert local("some day") == "some day"
    assert plain({"at": RULE, "what": {1, 2}.__class__}) == {"at": plain(RULE), "what": "<class 'set'>"}

    def says(asked: AskLedger) -> LedgerSays:
        if isinstance(asked.question, AskStats):
            return LedgerSays(id=asked.id, answer=stats)
        return LedgerSays(id=asked.id, answer=Turns(id=1, unreadable=2))

    async with scripted_ledger(says):
        assert "2 turns cannot be read: somebody altered them, or the disk did.\n" in await said(capsys, "list")
        assert (await said(capsys, "stats")).endswith(" (2 turns)\n")
