"""Real satellites at a real gateway: two rooms, recorded voices for microphones, and what goes wrong between them."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from gateway.audio import RATE_HZ
from gateway.house import Area, Entity, House
from gateway.recordings import read_recording
from gateway.wire.pairing import Paired
from gateway.wire.peers import Role
from gateway.wire.voice_words import ActionAsked, HouseUsable
from tests.e2e.program import Finished, Running, run
from tests.e2e.rooms import Room, room
from tests.e2e.serving import Serving, free_ports, serving
from tests.gateway.server.peers import ScriptedHome
from tests.voices import Voices, silence

HOUSE: Final = House(
    name="Home",
    areas=(Area(id="kitchen", name="Kitchen"), Area(id="bedroom", name="Bedroom")),
    entities=(
        Entity(id="light.kitchen", name="Ceiling Light", area_id="kitchen", state="off"),
        Entity(id="light.bedroom", name="Night Light", area_id="bedroom", state="off"),
        Entity(id="fan.bedroom", name="Fan", area_id="bedroom", state="off"),
    ),
)
TURN_S: Final = 30.0
"""A turn takes five seconds, and many times that on a machine that does everything else too."""
RECONNECTED_S: Final = 5.0
TOGETHER_S: Final = 0.4
"""Two satellites that begin further apart than this do not hear the same wake word at the same time."""

type WriteWav = Callable[[str, bytes], Path]
type State = Callable[[str], None]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("gateway")) as found:
        yield found


@pytest.fixture(scope="module")
def home(served: Serving) -> Paired:
    return asyncio.run(served.home())


@pytest.fixture
def commands(voices: Voices, wav: WriteWav) -> Callable[..., Path]:
    """Return a function that records commands, each with its wake word, after so much silence."""

    def record(name: str, *said: tuple[float, str]) -> Path:
        pieces = [
            piece
            for after_s, words in said
            for piece in (silence(after_s), voices.piper("Okay Nabu."), silence(0.3), voices.piper(words))
        ]
        return wav(name, b"".join(pieces))

    return record


@asynccontextmanager
async def connected_home(served: Serving, paired: Paired) -> AsyncIterator[ScriptedHome]:
    async with ScriptedHome.connected(served.voice, pin=paired.voice_pin, token=paired.voice_token) as found:
        await found.greeted()
        found.tell(HOUSE)
        await found.told(HouseUsable)
        yield found


async def ended(running: Running, deadline_s: float = TURN_S) -> int:
    return await asyncio.to_thread(running.process.wait, deadline_s)


def log(running: Running) -> str:
    return "\n".join(line for _, line in running.err)


def connected_at_s(running: Running) -> float:
    return running.err[running.wait_for_log("connected to the gateway")][0]


async def test_a_command_acts_on_the_room_where_it_was_said_and_is_answered_there(
    served: Serving, home: Paired, commands: Callable[..., Path], tmp_path: Path
) -> None:
    rooms = {
        "Kitchen": commands("kitchen.wav", (1.0, "turn on the lights.")),
        "Bedroom": commands("bedroom.wav", (5.0, "turn on the fan.")),
    }
    async with connected_home(served, home) as house:
        with ExitStack() as stack:
            running = []
            for area, recording in rooms.items():
                code = stack.enter_context(served.code("satellite", "--area", area))
                arguments = ["--gateway", str(served.voice), "--code", code, "--name", area, "--once"]
                found = Room(folder=tmp_path / area, peer_id="")
                running.append(stack.enter_context(found.satellite(recording, *arguments)))
                await asyncio.to_thread(running[-1].wait_for_log, "paired with the gateway")
            assert [await ended(one) for one in running] == [0, 0], [log(one) for one in running]
        lights, fan = house.all_told(ActionAsked)
    assert (lights.intent, lights.area_id, fan.intent, fan.area_id) == (
        "HassTurnOn",
        "kitchen",
        "HassTurnOn",
        "bedroom",
    )
    assert lights.satellite_id != fan.satellite_id
    heard = await asyncio.to_thread(run, "transcribe", *(tmp_path / area / "out.wav" for area in rooms), "--json")
    for words in heard.lines:
        assert "turned on" in words["text"].lower(), heard.lines
    assert "lights" in heard.lines[0]["text"].lower()


async def test_of_two_satellites_that_hear_the_same_one_answers(
    served: Serving, home: Paired, commands: Callable[..., Path], tmp_path: Path, state: State
) -> None:
    recording = commands("both.wav", (1.5, "turn on the ceiling light."))
    rooms = [await room(served, tmp_path / area, area) for area in ("Kitchen", "Bedroom")]
    async with connected_home(served, home) as house:
        for _ in range(3):
            before = len(served.running.err)
            with ExitStack() as stack:
                running = [stack.enter_context(one.satellite(recording, "--once")) for one in rooms]
                times_s = [await asyncio.to_thread(connected_at_s, one) for one in running]
                if abs(times_s[0] - times_s[1]) > TOGETHER_S:
                    continue  # this machine is busy: they do not hear the same
                ends = [asyncio.create_task(ended(one)) for one in running]
                done, waiting = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                assert [one.result() for one in done] == [0], "one answers"
                silent = running[ends.index(waiting.pop())]
                assert (await asyncio.to_thread(silent.end, signal.SIGTERM)).code == 0
                await asyncio.gather(*ends)
                break
        else:
            pytest.skip("this machine is too busy to start two programs at the same time")
        assert len(house.all_told(ActionAsked)) == 1
    reasons = [line for _, line in served.running.err[before:] if " heard it " in line]
    assert len(reasons) == 1
    reason = reasons[0]
    first, second = rooms if silent is running[1] else rooms[::-1]
    assert f"wake at {second.peer_id}: {first.peer_id} heard it" in reason
    state(f"two satellites, one wake word: {reason.partition(' heard it ')[2]}")
    assert len(read_recording(first.out)) > RATE_HZ, "at least half a second of reply"
    assert not second.out.exists() or second.out.stat().st_size < 100, "not even a chime"


async def test_a_gateway_killed_in_mid_turn_is_found_again_and_works(
    commands: Callable[..., Path], tmp_path: Path, state: State
) -> None:
    port, folder = free_ports(), tmp_path / "gateway"
    command = (5.0, "turn on the ceiling light.")
    recording = commands("often.wav", (1.0, command[1]), *[command] * 6)
    async with AsyncExitStack() as stack:
        with serving(folder, port=port) as first:
            home = await first.home()
            kitchen, bedroom = [await room(first, tmp_path / area, area) for area in ("Kitchen", "Bedroom")]
            async with connected_home(first, home) as house:
                house.answers = lambda _: None  # it thinks about it: the turn is under way
                speaking = stack.enter_context(kitchen.satellite(recording))
                quiet = stack.enter_context(bedroom.satellite(recording, "--muted"))
                await asyncio.to_thread(quiet.wait_for_log, "connected to the gateway")
                await house.told(ActionAsked)
                first.running.process.kill()
        for one in (speaking, quiet):
            await asyncio.to_thread(one.wait_for_log, "no connection, trying again: ")
        with serving(folder, port=port) as second:
            ready_s = second.running.err[second.running.wait_for_log("ready after")][0]
            async with connected_home(second, home) as house:
                for one in (speaking, quiet):
                    back = f"connected to the gateway at {second.voice} again"
                    number = await asyncio.to_thread(one.wait_for_log, back, deadline_s=RECONNECTED_S + 1)
                    took_s = one.err[number][0] - ready_s
                    state(f"a satellite finds its gateway {took_s:.1f} s after it is ready again")
                    assert took_s < RECONNECTED_S
                await asyncio.to_thread(second.running.wait_for_log, "turn: action", deadline_s=TURN_S)
                assert {asked.satellite_id for asked in house.all_told(ActionAsked)} == {kitchen.peer_id}
            assert log(speaking).count("trying again") == 1, "not a line for each try"
            finished = await asyncio.to_thread(speaking.end, signal.SIGTERM)
            assert (finished.code, finished.seconds < 2) == (0, True)


async def test_a_gateway_that_hangs_does_not_keep_a_satellite(
    commands: Callable[..., Path], tmp_path: Path, served: Serving
) -> None:
    kitchen = await room(served, tmp_path / "satellite", "Kitchen")
    with kitchen.satellite(commands("quiet.wav", (0.5, "hello."))) as running:
        await asyncio.to_thread(running.wait_for_log, "connected to the gateway")
        served.running.process.send_signal(signal.SIGSTOP)
        try:
            finished = await asyncio.to_thread(running.end, signal.SIGTERM)
        finally:
            served.running.process.send_signal(signal.SIGCONT)
    assert (finished.code, finished.seconds < 2) == (0, True)


def line(finished: Finished) -> str:
    """Return the one line that a program ended with."""
    assert (finished.code, finished.out) == (2, "")
    (only,) = finished.err.splitlines()
    return only


async def test_a_wrong_code_ends_with_what_to_do(served: Serving, tmp_path: Path) -> None:
    environ = {"XDG_DATA_HOME": str(tmp_path / "satellite")}
    with served.code("satellite") as code:
        wrong = code.translate(str.maketrans("ABCDEFGH", "HGFEDCBA")) if set(code) & set("ABCDEFGH") else "A" * 16
        address = str(served.voice)
        finished = await asyncio.to_thread(run, "satellite", "--gateway", address, "--code", wrong, environ=environ)
        await served.pair(code, Role.SATELLITE, "Other")
    assert "that code is not right; compare it with the one that the gateway shows" in line(finished)


async def test_a_token_that_is_revoked_ends_the_satellite_with_what_to_do(
    served: Serving, commands: Callable[..., Path], tmp_path: Path
) -> None:
    kitchen = await room(served, tmp_path / "satellite", "Kitchen")
    with kitchen.satellite(commands("quiet.wav", (0.5, "hello."))) as running:
        await asyncio.to_thread(running.wait_for_log, "connected to the gateway")
        start_s = time.monotonic()
        revoked = await asyncio.to_thread(run, "peers", "revoke", kitchen.peer_id, environ=served.environ)
        assert revoked.code == 0, revoked.err
        assert await ended(running, 10) == 2
        assert time.monotonic() - start_s < 10
    last = running.err[-1][1]
    assert last.startswith(f"local-voice: {served.voice} does not know this device, or knows it no more; pair it again")


async def test_another_gateway_at_the_same_address_is_not_trusted(
    commands: Callable[..., Path], tmp_path: Path
) -> None:
    port, folder = free_ports(), tmp_path / "gateway"
    with serving(folder, port=port) as first:
        kitchen = await room(first, tmp_path / "satellite", "Kitchen")
    for name in ("voice", "broker"):
        (folder / "data" / "local-voice" / "gateway" / f"{name}.pem").unlink()
    with kitchen.satellite(commands("quiet.wav", (0.5, "hello."))) as running:
        await asyncio.to_thread(running.wait_for_log, "no connection, trying again: ")
        assert "is not reached" in log(running), "a lost network has its line too"
        with serving(folder, port=port):
            assert await ended(running) == 2
    last = running.err[-1][1]
    assert "is not the gateway this device was paired with: its fingerprint is another one" in last
    assert last.endswith(f"then here: local-voice satellite --gateway {first.voice} --code CODE")
