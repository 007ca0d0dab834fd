"""What is remembered of a household with Home Assistant; and once it is forgotten, nothing of it is left anywhere."""

import asyncio
import itertools
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.home_assistant.assist import reply_of, say, write
from tests.e2e.home_assistant.connection import Connection
from tests.e2e.home_assistant.kitchen import Kitchen
from tests.e2e.home_assistant.setting_up import Household, household
from tests.e2e.program import run
from tests.voices import Voices, silence

CANARY: Final = "pineapple"
"""Whisper knows the word, and nothing in Home Assistant's folder does."""
RECORDINGS: Final = "switch.local_voice_keep_recordings"
FORGET: Final = "button.local_voice_forget_everything"
REPAIRS: Final = "/api/repairs/issues/fix"
GONE_S: Final = 5.0
KEPT_S: Final = 10.0
"""A row is on disk a moment after its turn; the machine may be busy."""
CLIP_SAMPLE_BYTES: Final = 32
"""Of an encrypted recording: enough to know it again wherever it is."""
LARGEST_FILE_BYTES: Final = 64 * 1024 * 1024

SONGS: Final = itertools.count(1)
"""A new one each time: Home Assistant keeps the sound of a reply that it has had spoken before."""

type WriteWav = Callable[[str, bytes], Path]
type Turns = list[dict[str, Any]]


@pytest.fixture(scope="module")
def home(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Household]:
    with household(tmp_path_factory.mktemp("forgetting"), archive) as found:
        # Whoever streams goes on until told that nobody listens any more.
        found.home_assistant.expected.append("Received binary message for non-existing handler")
        yield found


def turns(home: Household) -> Turns:
    """Return what the owner sees at the gateway."""
    listed = run("ledger", "list", "--json", environ=home.served.environ)
    assert listed.code == 0, listed.err
    return listed.lines


async def until_remembered(home: Household, count: int) -> Turns:
    """Wait until so many turns with the canary are remembered; return all turns."""
    over_s = time.monotonic() + KEPT_S
    while True:
        known = await asyncio.to_thread(turns, home)
        if sum(CANARY in json.dumps(turn).casefold() for turn in known) >= count:
            return known
        assert time.monotonic() < over_s, [(turn["outcome"], turn["heard"]) for turn in known]
        await asyncio.sleep(0.5)


def folders(home: Household) -> tuple[Path, Path]:
    """Return where the gateway and Home Assistant keep everything."""
    return Path(home.served.environ["XDG_DATA_HOME"]), home.home_assistant.folder


def hits(where: Path, wanted: bytes) -> list[str]:
    """Return the files in which something is, in capitals or not."""
    return [str(path) for path in where.rglob("*") if path.is_file() and wanted in _content(path)]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes().lower() if path.stat().st_size < LARGEST_FILE_BYTES else b""
    except FileNotFoundError:
        return b""


def new_files_elsewhere(since_s: float) -> list[str]:
    """Return the temporary files with the canary that were written since then."""
    found = []
    for path in Path("/tmp").iterdir():  # noqa: S108 - what others left there is looked for
        try:
            if path.is_file() and path.stat().st_mtime >= since_s and CANARY.encode() in _content(path):
                found.append(str(path))
        except OSError:
            continue
    return found


async def forget_everything(home: Household, ada: Connection) -> None:
    """Press the button, and confirm it among the repairs, as an administrator does."""
    await ada.act("button.press", FORGET)
    issues = (await ada.call("repairs/list_issues"))["issues"]
    asked = next(issue for issue in issues if issue["issue_id"].startswith("forget_everything"))
    assert asked["is_fixable"]
    token = home.user.token
    flow = home.home_assistant.ask(REPAIRS, {"handler": "local_voice", "issue_id": asked["issue_id"]}, token)
    done = home.home_assistant.ask(f"{REPAIRS}/{flow['flow_id']}", {"next_step_id": "forget"}, token)
    assert done["type"] == "create_entry", done


async def test_what_was_said_is_remembered_and_once_it_is_forgotten_nothing_of_it_is_anywhere(
    home: Household, ada: Connection, kitchen: Kitchen, voices: Voices, wav: WriteWav, state: Callable[[str], None]
) -> None:
    begun_s = time.time()
    gateway, home_assistant = folders(home)
    if turns(home):
        await forget_everything(home, ada)
    await ada.act("switch.turn_on", RECORDINGS)
    await ada.wait_for_state(RECORDINGS, "on")

    spoken = await say(ada, silence(0.5) + voices.piper(f"Put the {CANARY} into the refrigerator."))
    assert CANARY in spoken.text.casefold(), "what is looked for was really heard"
    typed = await write(ada, f"where is the {CANARY}")
    assert typed.event("intent-start")["intent_input"].endswith(CANARY)
    song = await write(ada, f"sing about a {CANARY} number {next(SONGS)}")
    await reply_of(home, song)
    with kitchen.hears(wav("song.wav", silence(1.0) + voices.piper(f"Okay Nabu, sing about a {CANARY}.") + silence(4))):
        known = await until_remembered(home, 3)

    by_conversation = {turn["conversation_id"]: turn for turn in known if turn["conversation_id"]}
    heard = by_conversation[spoken.event("run-start")["conversation_id"]]
    assert heard["hypotheses"], "what was recognised and what was made of it are one turn"
    assert heard["user_id"] == by_conversation[typed.event("run-start")["conversation_id"]]["user_id"] != ""
    assert any(turn["satellite_id"] and turn["wake_word"] == "okay_nabu" for turn in known)
    assert sum(bool(turn["clip_until"]) for turn in known) >= 2
    clips = [path for path in (gateway / "local-voice/gateway/ledger/clips").rglob("*") if path.is_file()]
    samples = [path.read_bytes()[-CLIP_SAMPLE_BYTES:].lower() for path in clips]
    assert len(clips) >= 2
    assert hits(gateway, CANARY.encode()) == [], "what is remembered is encrypted"
    assert hits(home_assistant, CANARY.encode()), "Home Assistant keeps the reply's words in its sound"

    await forget_everything(home, ada)
    forgotten_s = time.monotonic()
    while True:
        left = [*hits(gateway, CANARY.encode()), *hits(home_assistant, CANARY.encode()), *new_files_elsewhere(begun_s)]
        left += [name for sample in samples for name in hits(gateway, sample)]
        took_s = time.monotonic() - forgotten_s
        if not left:
            break
        assert took_s < GONE_S, left
        await asyncio.sleep(0.1)
    assert turns(home) == []
    assert CANARY not in "\n".join(line for _, line in home.served.running.err).casefold()
    rows = run("audit", "show", "--json", environ=home.served.environ).lines
    receipt = next(row for row in rows if row["action"] == "forget")
    assert receipt["detail"]["turns"] == len(known)
    state(f"forget everything: {len(known)} turns, {len(clips)} recordings; nothing left anywhere after {took_s:.1f} s")
