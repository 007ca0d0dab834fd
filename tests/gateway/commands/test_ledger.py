"""`local-voice ledger` where no gateway runs: on a real ledger in its folder."""

import argparse
import asyncio
import io
import json
import os
import socket
import stat
import sys
import wave
import zipfile
from contextlib import chdir, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from gateway.ballast import Ballast
from gateway.broker.store import PeerStore
from gateway.commands import ledger as command
from gateway.commands import ledger_access, ledger_chosen
from gateway.errors import ConfigError, LedgerError
from gateway.events import Sound
from gateway.ledger.ledger import Ledger
from gateway.ledger.rows import TurnRow
from gateway.ledger_desk import LedgerDesk
from gateway.ledger_owner import OwnersDoor
from gateway.paths import gateway_dir
from gateway.processes.ledger_words import RecordAct
from gateway.wire.owners_lines import LEDGER_SOCKET
from gateway.wire.peers import Role
from tests.gateway.backup.gateways import RULE_ID, identified, remembered
from tests.gateway.ledger.ledgers import PCM, opened, told, turn


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ballast, "refill", lambda _: None)
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture
def turns() -> list[TurnRow]:
    """Return the turns of a gateway that does not run, the newest first."""
    identified(gateway_dir())
    rows = remembered(gateway_dir() / "ledger")
    with opened(gateway_dir() / "ledger") as ledger:
        for number, _ in ledger.owed():
            ledger.paid(number)
    return rows


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    command.register(parser.add_subparsers())
    args = parser.parse_args(["ledger", *arguments])
    code = args.run(args)
    assert isinstance(code, int)
    return code


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """Return what a command says."""
    capsys.readouterr()
    assert run(*arguments) == code
    return capsys.readouterr().out


def objects(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in said(capsys, *arguments, "--json").splitlines()]


def owed() -> list[RecordAct]:
    """Return what the audit log will be told when a gateway runs."""
    with opened(gateway_dir() / "ledger") as ledger:
        return [msgspec.json.decode(raw, type=RecordAct) for _, raw in ledger.owed()]


def kept() -> list[str]:
    with opened(gateway_dir() / "ledger") as ledger:
        return told(ledger)


def typing(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Let a person sit at a terminal, and type this."""
    monkeypatch.setattr(ledger_chosen, "is_at_terminal", lambda: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


# Looking


def test_turns_are_listed_the_latest_first(turns: list[TurnRow], capsys: pytest.CaptureFixture[str]) -> None:
    heading, *lines = said(capsys, "list").splitlines()
    assert heading.split() == ["id", "when", "where", "what", "heard", "answer"]
    assert [line.split()[0] for line in lines] == [row.id[:8] for row in turns]
    assert "done, corrected turn on the lump" in " ".join(lines[1].split())
    assert [each["turn_id"] for each in objects(capsys, "list")] == [row.id for row in turns]
    assert said(capsys, "list", "--limit", "1").count("\n") == 2


def test_a_list_is_narrowed(turns: list[TurnRow], capsys: pytest.CaptureFixture[str]) -> None:
    hall, kitchen = turns
    today, yesterday = "today", "yesterday"
    for arguments, found in (
        (("--area", "hall"), [hall]),
        (("--id", kitchen.id), [kitchen]),
        (("--id", kitchen.id[:10], "--id", hall.id), [hall, kitchen]),
        (("--words", "TIME what"), [hall]),
        (("--corrected",), [kitchen]),
        (("--day", yesterday), []),
        (("--last-hour", "--day", today), [hall, kitchen]),
        (("--false-wakes",), []),
        (("--outcome", "action", "--satellite", "kitchen-1"), [hall, kitchen]),
        (("--since", "2020-01-01", "--until", "9000-01-01T12:00"), [hall, kitchen]),
        (("--until", "2020-01-01"), []),
    ):
        assert [each["turn_id"] for each in objects(capsys, "list", *arguments)] == [row.id for row in found], arguments
    assert said(capsys, "list", "--day", yesterday) == "Nothing of that is remembered.\n"


def test_a_day_begins_and_ends_as_this_machines_clock_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    begin, end = ledger_chosen._of_day(ledger_chosen.day("2026-11-22"))
    assert (end - begin, begin.astimezone().hour) == (timedelta(days=1), 0)
    with pytest.raises(ConfigError, match="no such day"):
        ledger_chosen._of_day(ledger_chosen.day("9999-12-31"))
    assert ledger_chosen.day("yesterday") == datetime.now(UTC).astimezone().date() - timedelta(days=1)


def test_a_time_alone_is_one_of_today_as_this_machines_clock_shows_it() -> None:
    today = datetime.now(UTC).astimezone().date()
    for text, shown in (("06:30", f"{today} 06:30"), ("2026-11-22T18:30", "2026-11-22 18:30")):
        assert f"{ledger_chosen.moment(text).astimezone():%Y-%m-%d %H:%M}" == shown
    assert ledger_chosen.moment("2026-11-22").astimezone().hour == 0


def test_a_list_that_no_terminal_shows_has_a_line_a_turn(
    turns: list[TurnRow], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lines = said(capsys, "list").splitlines()
    assert len(lines) == 1 + len(turns)
    assert [line.index(" done") for line in lines[1:]] == [lines[0].index(" what")] * len(turns)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "70")
    _, *lines = said(capsys, "list").splitlines()
    assert len(lines) > len(turns)
    assert max(map(len, lines)) <= 70, "a terminal is not written over its edge"


def test_all_of_a_turn_is_shown_and_nothing_moves_a_cursor(
    turns: list[TurnRow], capsys: pytest.CaptureFixture[str]
) -> None:
    out = said(capsys, "show", turns[1].id[:12])
    for line in (
        "wake word:  okay_nabu (0.97 and 0.80)",
        "user:       user-1",
        "heard:       -0.10  turn on the lamp",
        "             -0.70  turn on the lump",
        "used:       turn on the lump  (it is the likeliest reading)",
        "changed:    Lamp: off → on",
        "answer:     Turned on the lamp.",
        "after:      stt 300 ms, intent 4 ms",
    ):
        assert f"{line}\n" in out
    assert "\ncorrected:  turn on the lamp  (" in out
    assert "\nsound:      1.0 s, until " in out
    (shown,) = objects(capsys, "show", turns[1].id)
    assert (shown["heard"], shown["wake_mark"]) == ("turn on the lump", "")
    assert {"correction", "slots", "keep_until", "hypotheses"} <= shown.keys()
    with opened(gateway_dir() / "ledger") as ledger:
        bare = turn(turns[0].at, heard="\x1b[2J[red]", used="", hypotheses=(), intent="", wake_word="", user_id="")
        ledger.record(bare)
        assert ledger.mark_wake(turns[0].id, is_false=True)
    out = said(capsys, "list") + said(capsys, "show", bare.id) + said(capsys, "show", turns[0].id)
    assert "\x1b" not in out
    assert "heard:       [2J[red]\nwhy:        it is" in out, "what was typed has no readings"
    assert "[red]" in out
    assert ", marked as false\n" in out
    assert "not recorded" in out


@pytest.mark.parametrize("wanted", ["", "xyz", "f" * 33])
def test_what_is_no_id_is_refused(wanted: str, turns: list[TurnRow]) -> None:
    with pytest.raises(ConfigError, match="up to 32 hexadecimal digits"):
        run("show", wanted)


def test_an_id_that_means_none_or_several_is_refused(turns: list[TurnRow], monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(gateway_dir() / "ledger") as ledger:
        for end in "01":
            ledger.record(replace(turns[0], id="e" * 31 + end))
    with pytest.raises(ConfigError, match="several turns begin with 'eeee'; give more"):
        run("show", "EEEE")
    with pytest.raises(ConfigError, match="there is no turn 'eeee0'"):
        run("show", "eeee0")
    monkeypatch.setattr(ledger_access, "MOST_LOOKED_AT", 1)
    with pytest.raises(ConfigError, match="there is no turn"):
        run("show", "eeee0")


def test_what_was_recorded_is_played_or_written(
    turns: list[TurnRow], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "said.wav"
    assert said(capsys, "play", turns[0].id, "--out", str(path)) == f"Written: {path}, readable by you alone.\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.readframes(10**6)) == (16_000, 1, PCM)
    with pytest.raises(ConfigError, match="is there already"):
        run("play", turns[0].id, "--out", str(path))
    with pytest.raises(ConfigError, match="cannot be written"):
        run("play", turns[0].id, "--out", str(tmp_path / "no" / "such.wav"))
    played: list[Sound] = []

    class Speaker:
        async def write(self, sound: Sound) -> None:
            played.append(sound)

        async def drain(self) -> None:
            pass

        async def silence(self) -> None:
            pass

        async def __aenter__(self) -> Speaker:
            return self

        async def __aexit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(command, "open_speaker", lambda _: Speaker())
    assert objects(capsys, "play", turns[0].id) == [{"turn_id": turns[0].id, "ms": 1_000, "file": None}]
    assert [sound.pcm for sound in played] == [PCM]
    assert {(act.act, act.about, act.by) for act in owed()} == {("play", turns[0].id, "owner")}


def test_what_was_not_recorded_cannot_be_heard(turns: list[TurnRow]) -> None:
    silent = turn(turns[0].at)
    with opened(gateway_dir() / "ledger") as ledger:
        ledger.record(silent)
    with pytest.raises(LedgerError, match="nothing was recorded"):
        run("play", silent.id)
    assert owed() == []


def test_how_well_it_does_is_counted(turns: list[TurnRow], capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, "stats", "--days", "2", "--zone", "UTC")
    heading, _, today, *rest = (" ".join(line.split()) for line in out.splitlines())
    assert heading == "day turns understood not understood cloud false wakes answered after corrected right now"
    assert today == f"{turns[0].at:%Y-%m-%d} 2 100% 0 0 0 - 1 0"
    assert rest[1] == "turns 2, understood 100%, false wakes 0"
    assert any(line.startswith("stt: 300 ms") or "stt: " in line for line in rest)
    (figures,) = objects(capsys, "stats")
    assert len(figures["days"]) == 7  # type: ignore[arg-type]
    with pytest.raises(LedgerError, match="no such time zone"):
        run("stats", "--zone", "Moon/Crater")


def test_days_are_this_machines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TZ", ":Europe/Berlin")
    assert command.local_zone() == "Europe/Berlin"
    monkeypatch.delenv("TZ")
    place = tmp_path / "zoneinfo" / "Asia" / "Tokyo"
    place.parent.mkdir(parents=True)
    place.touch()
    (tmp_path / "localtime").symlink_to(place)
    monkeypatch.setattr(command, "LOCALTIME", tmp_path / "localtime")
    assert command.local_zone() == "Asia/Tokyo"
    monkeypatch.setattr(command, "LOCALTIME", tmp_path / "nowhere")
    assert command.local_zone() == "UTC"


# Forgetting


def test_what_is_deleted_is_gone_after_a_yes(
    turns: list[TurnRow], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typing(monkeypatch, "n\n")
    out = said(capsys, "delete", "--area", "kitchen", code=command.NOT_DONE)
    assert out == "Forget 1 turn and 1 recording, for good? [y/N] Nothing is forgotten.\n"
    assert len(kept()) == 2
    typing(monkeypatch, "y\n")
    out = said(capsys, "delete", "--area", "kitchen")
    assert "[y/N] Forgotten: 1 turn, 1 recording and 1 rule. Home Assistant keeps" in out
    assert kept() == [turns[0].id]
    assert [(act.act, act.by, act.turns, act.clips, act.rules) for act in owed()] == [("forget", "owner", 1, 1, 1)]


def test_a_turn_is_deleted_and_what_was_learned_from_it_is_kept(
    turns: list[TurnRow], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments in (("--area", "kitchen"), ("--everything",)):
        with pytest.raises(ConfigError, match="--keep-rules: name the turns, by --id"):
            run("delete", "--keep-rules", "--yes", *arguments)
    assert len(kept()) == 2
    typing(monkeypatch, "y\n")
    out = said(capsys, "delete", "--id", turns[1].id[:8], "--keep-rules")
    assert out.startswith("Forget 1 turn and 1 recording but not what was learned from them, for good? [y/N] ")
    assert "Forgotten: 1 turn, 1 recording and 0 rules." in out
    assert kept() == [turns[0].id]
    assert [one["rule_id"] for one in objects(capsys, "rules")] == [RULE_ID]
    assert [(act.act, act.turns, act.clips, act.rules) for act in owed()] == [("forget", 1, 1, 0)]


def test_everything_is_deleted_by_a_script_that_says_so(
    turns: list[TurnRow], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConfigError, match="a person has to agree to this"):
        run("delete", "--everything")
    (gone,) = objects(capsys, "delete", "--everything", "--yes")
    assert (gone["turns"], gone["clips"], gone["rules"]) == (2, 2, 1)
    assert kept() == []
    assert said(capsys, "rules") == "Nothing was taught yet; `local-voice ledger correct` does.\n"


def test_turns_of_some_hours_at_a_satellite_are_deleted_by_its_name(
    turns: list[TurnRow], capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(PeerStore(gateway_dir())) as store:
        store.add(name="Shelf", role=Role.SATELLITE)
    for option, value in (("--until", "2020-01-01"), ("--satellite", "shelf"), ("--satellite", "no-such")):
        assert objects(capsys, "delete", option, value, "--yes")[0]["turns"] == 0
    assert objects(capsys, "delete", "--satellite", "kitchen-1", "--since", "2020-01-01", "--yes")[0]["turns"] == 2
    refused: tuple[tuple[tuple[str, ...], str], ...] = (
        (("--day", "today", "--since", "00:00"), "either a day, or --since and --until"),
        (("--since", "2026-11-22", "--until", "2026-11-22"), "has to be later"),
    )
    for arguments, why in refused:
        with pytest.raises(ConfigError, match=why):
            run("delete", *arguments, "--yes")


@pytest.mark.parametrize("arguments", [(), ("--everything", "--area", "kitchen")])
def test_what_is_meant_has_to_be_said(arguments: tuple[str, ...], turns: list[TurnRow]) -> None:
    with pytest.raises(ConfigError, match="name what is meant"):
        run("delete", "--yes", *arguments)
    assert len(kept()) == 2


def test_more_turns_than_fit_into_a_message_are_not_named_at_once(turns: list[TurnRow]) -> None:
    with pytest.raises(ConfigError, match="at most 64"):
        run("delete", "--yes", *(["--id", turns[0].id] * 65))


# Taking away


def test_an_export_opens_without_us(
    turns: list[TurnRow], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "all.zip"
    typing(monkeypatch, "no\n")
    out = said(capsys, "export", str(path), code=command.NOT_DONE)
    assert out == f"Write 2 turns and 2 recordings into {path}, not encrypted? [y/N] Nothing is written.\n"
    assert not path.exists()
    assert owed() == []
    typing(monkeypatch, "yes\n")
    assert "Written: " in said(capsys, "export", str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        listed = json.loads(archive.read("turns.json").decode("utf-8"))
        (rule,) = json.loads(archive.read("rules.json"))
        with wave.open(archive.open(f"clips/{turns[0].id}.wav")) as file:
            assert (file.getframerate(), file.readframes(10**6)) == (16_000, PCM)
        assert sum(name.startswith("clips/") for name in archive.namelist()) == 2
        assert "Nothing in here is encrypted" in archive.read("README.txt").decode()
    assert [(each["turn_id"], each["heard"]) for each in listed] == [(row.id, row.heard) for row in turns]
    assert rule["rule_id"] == RULE_ID
    assert [(act.act, act.turns, act.clips) for act in owed()] == [("export", 2, 2)]


def test_an_export_takes_nothings_place_and_may_be_narrow_or_empty(
    turns: list[TurnRow], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "some.zip"
    (done,) = objects(capsys, "export", str(path), "--day", "yesterday", "--yes")
    assert done == {"file": str(path), "turns": 0, "clips": 0}
    with zipfile.ZipFile(path) as archive:
        assert json.loads(archive.read("turns.json")) == []
    with pytest.raises(ConfigError, match="is there already"):
        run("export", str(path), "--yes")
    with pytest.raises(ConfigError, match="cannot be written"):
        run("export", str(tmp_path / "no" / "such.zip"), "--yes")


def test_what_came_into_its_place_while_it_was_asked_about_is_left_alone(
    turns: list[TurnRow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "all.zip"

    def meanwhile(size: int) -> str:
        path.write_text("somebody's own")
        return "yes\n"

    typing(monkeypatch, "")
    monkeypatch.setattr(sys.stdin, "readline", meanwhile)
    with pytest.raises(ConfigError, match="is there already"):
        run("export", str(path))
    assert path.read_text() == "somebody's own"
    assert owed() == []


def test_what_goes_while_it_is_exported_is_left_out(
    turns: list[TurnRow], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Ledger.clip
    monkeypatch.setattr(Ledger, "clip", lambda self, row_id: None if row_id == turns[0].id else heard(self, row_id))
    (done,) = objects(capsys, "export", str(tmp_path / "all.zip"), "--yes")
    assert (done["turns"], done["clips"]) == (2, 1)

    def broken(*_: object) -> bytes:
        raise LedgerError("the clip cannot be decrypted")

    monkeypatch.setattr(Ledger, "clip", broken)
    with pytest.raises(LedgerError, match="cannot be decrypted"):
        run("export", str(tmp_path / "other.zip"), "--yes")
    assert not (tmp_path / "other.zip").exists()


async def test_a_running_ledger_is_asked_at_its_socket(
    turns: list[TurnRow], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Written:
        def __init__(self) -> None:
            self.acts: list[str] = []

        async def record(self, act: RecordAct) -> str:
            self.acts.append(act.act)
            return ""

        def owe(self, act: RecordAct) -> None:
            self.acts.append(act.act)

    written = Written()
    with opened(gateway_dir() / "ledger") as ledger, socket.socket(socket.AF_UNIX) as listening, chdir(gateway_dir()):
        listening.bind(LEDGER_SOCKET)
        listening.listen()
        desk = LedgerDesk(ledger, written)
        door = OwnersDoor(listening, lambda asked: desk.answer(asked, by="owner"))
        serving = asyncio.create_task(door.serve())
        await asyncio.to_thread(run, "export", str(tmp_path / "all.zip"), "--yes")
        await asyncio.to_thread(run, "delete", "--area", "hall", "--yes")
        await asyncio.to_thread(run, "keep", "--audio", "off")
        assert told(ledger) == [turns[1].id]
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    assert written.acts == ["export", "retention"]
    assert [act.act for act in owed()] == ["forget"]
    with zipfile.ZipFile(tmp_path / "all.zip") as archive, wave.open(archive.open(f"clips/{turns[0].id}.wav")) as file:
        assert file.readframes(10**6) == PCM


# What is kept


def test_how_long_things_are_kept_is_told_and_set(turns: list[TurnRow], capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "keep") == "transcripts: 3 d\nrecordings:  1 d\nfalse wakes: 1 min\n"
    assert said(capsys, "keep", "--audio", "off", "--false-wakes", "90s").splitlines()[1:] == [
        "recordings:  off",
        "false wakes: 90 s",
    ]
    assert objects(capsys, "keep", "--transcripts", "off") == [
        {"transcripts_s": None, "audio_s": None, "false_wakes_s": 90}
    ]
    assert kept() == []
    assert said(capsys, "keep", "--audio", "1d").splitlines()[:2] == [
        "transcripts: off",
        "recordings:  1 d, but none without transcripts",
    ]
    with pytest.raises(LedgerError, match="transcripts are kept for 1 h to 365 d, not for 400 d"):
        run("keep", "--transcripts", "400d")
    with pytest.raises(ConfigError, match="--false-wakes"):
        run("keep", "--false-wakes", "off")


# Learning, as far as it takes no models


def test_a_rule_is_removed_after_a_yes(
    turns: list[TurnRow], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typing(monkeypatch, "n\n")
    out = said(capsys, "unlearn", RULE_ID[:4], code=1)
    assert " sentence turn on the lump turn on the lamp " in " ".join(out.split())
    assert out.endswith("Remove this rule? [y/N] It stays.\n")
    (rule,) = objects(capsys, "rules")
    assert objects(capsys, "unlearn", RULE_ID, "--yes") == [rule]
    assert objects(capsys, "rules") == []
    with pytest.raises(ConfigError, match="there is no rule that begins with 'cc'"):
        run("unlearn", "cc")


def test_a_satellites_sensitivity_is_set(turns: list[TurnRow], capsys: pytest.CaptureFixture[str]) -> None:
    with closing(PeerStore(gateway_dir())) as store:
        ids = {name: store.add(name=name, role=Role.SATELLITE).peer.id for name in ("kitchen", "shelf", "hall")}
    assert said(capsys, "tune", "kitchen", "--to", "35") == "From now on it wakes with sensitivity 35.\n"
    said(capsys, "tune", "shelf", "--to", "60")
    assert said(capsys, "tune", "shelf", "--to", "usual") == "From now on it wakes as the gateway does.\n"
    assert objects(capsys, "tune", "hall", "--to", "50") == [{"satellite_id": ids["hall"], "sensitivity": 50}]
    with opened(gateway_dir() / "ledger") as ledger:
        assert dict(ledger.sensitivities()) == {"shelf": 40, ids["kitchen"]: 35, ids["hall"]: 50}


@pytest.mark.parametrize("arguments", [("mark", "ID"), ("tune", "kitchen"), ("correct", "ID", "turn on the lamp")])
def test_what_takes_models_takes_a_gateway_that_runs(arguments: tuple[str, ...], turns: list[TurnRow]) -> None:
    with closing(PeerStore(gateway_dir())) as store:
        store.add(name="Kitchen", role=Role.SATELLITE)
    with pytest.raises(LedgerError, match="takes a gateway that runs"):
        run(*(turns[0].id if word == "ID" else word for word in arguments))


# Where there is none


def test_where_no_gateway_has_been_none_is_made() -> None:
    with pytest.raises(ConfigError, match="no gateway has run here yet"):
        run("list")
    assert not gateway_dir().exists()


def test_a_ledger_that_is_not_there_yet_is_made_for_its_owner(capsys: pytest.CaptureFixture[str]) -> None:
    identified(gateway_dir())
    if os.geteuid() == 0:
        os.chown(gateway_dir(), 65_000, 65_000)
    assert said(capsys, "list") == "Nothing of that is remembered.\n"
    folder = gateway_dir() / "ledger"
    assert {path.stat().st_uid for path in (folder, *folder.iterdir())} == {gateway_dir().stat().st_uid}


def test_what_cannot_be_written_down_is_not_taken_away(turns: list[TurnRow], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise LedgerError("the disk is full")

    monkeypatch.setattr("gateway.ledger.ledger.Ledger.owe", full)
    with pytest.raises(LedgerError, match="could not be written into the audit log: the disk is full"):
        run("play", turns[0].id)


@pytest.mark.parametrize(
    "arguments",
    [
        ("dance",),
        ("list", "--limit", "0"),
        ("list", "--day", "someday"),
        ("delete", "--since", "9 o'clock"),
        ("list", "--area", ""),
        ("list", "--words", " "),
        ("stats", "--days", "367"),
        ("keep", "--audio", "7 weeks"),
        ("tune", "kitchen", "--to", "101"),
        ("tune", "kitchen", "--to", "²"),
        ("correct", "ab", " "),
    ],
)
def test_arguments_that_mean_nothing_are_refused(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        run(*arguments)
    assert refused.value.code == 2
    assert "usage:" in capsys.readouterr().err
