"""What breaks between Home Assistant and the gateway, while somebody speaks: it ends within five seconds, and heals."""

import asyncio
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from gateway.recordings import read_recording
from gateway.satellite.known_gateways import from_pairing, remember
from tests.e2e.home_assistant.assist import say, until_understood, write
from tests.e2e.home_assistant.connection import Connection, connected
from tests.e2e.home_assistant.setting_up import BACK_S, Household, shown_code
from tests.e2e.program import run, started
from tests.e2e.serving import serving
from tests.voices import Voices, silence

GATEWAY: Final = "binary_sensor.local_voice_connected"
DONE: Final = ("turn on the kitchen light", "turned on")
"""What is asked for, and what the answer says."""
NOT_KNOWN: Final = "failed: out_of_order"
"""Whoever asks as soon as the gateway is back may ask before it has been told of the house."""
ENDS_S: Final = 5.0


async def test_a_gateway_that_ends_in_mid_turn_ends_the_turn_and_is_found_again(
    home: Household, ada: Connection, voices: Voices
) -> None:
    home.home_assistant.expected += [
        "failed: not_connected",
        NOT_KNOWN,
        "Error getting audio for a reply",
        "non-existing handler",
    ]
    speaking = asyncio.create_task(say(ada, silence(0.5) + voices.piper("turn on the kitchen light.") * 3))
    await asyncio.sleep(2.0)
    home.served.running.process.kill()
    killed_s = time.monotonic()
    broken = await speaking
    assert time.monotonic() - killed_s < ENDS_S
    assert broken.event("error")["code"] == "stt-stream-failed"
    await ada.wait_for_state(GATEWAY, "off", deadline_s=ENDS_S)
    away = await write(ada, "turn on the kitchen light")
    assert away.event("intent-end")["intent_output"]["response"]["response_type"] == "error"
    with serving(home.served.config.parent, port=home.served.port):
        await ada.wait_for_state(GATEWAY, "on", deadline_s=BACK_S)
        await until_understood(ada, *DONE, deadline_s=BACK_S)
        await ada.wait_for_state("light.kitchen", "on")
    assert "turned on" not in home.home_assistant.log.casefold(), "a reply that nobody could speak is not written down"


async def test_home_assistant_that_ends_in_mid_turn_leaves_a_satellite_that_says_so(
    home: Household,
    voices: Voices,
    wav: Callable[[str, bytes], Path],
    tmp_path: Path,
    read_back: Callable[[bytes], str],
) -> None:
    home.home_assistant.expected.append(NOT_KNOWN)
    paired = await home.served.satellite("Kitchen satellite", "Kitchen")
    remember(tmp_path / "local-voice" / "satellite.json", from_pairing(home.served.voice, paired))
    said = silence(6.0) + voices.piper("Okay Nabu.") + silence(0.3) + voices.piper("turn on the kitchen light.")
    out = tmp_path / "out.wav"
    devices: tuple[str | Path, ...] = ("--wav", wav("said.wav", said), "--out", out, "--once")
    with started("satellite", *devices, environ={"XDG_DATA_HOME": str(tmp_path)}) as satellite:
        await asyncio.to_thread(satellite.wait_for_log, "connected to the gateway")
        await asyncio.to_thread(home.home_assistant.stop)
        assert await asyncio.to_thread(satellite.process.wait, BACK_S) == 0
    assert "does not answer" in read_back(read_recording(out))
    home.home_assistant.start()
    async with connected(home.home_assistant.url, home.user.token) as again:
        await again.wait_for_state(GATEWAY, "on", deadline_s=BACK_S)
        await until_understood(again, *DONE, deadline_s=BACK_S)


async def test_who_was_sent_away_is_asked_for_a_new_code_and_comes_back(home: Household, ada: Connection) -> None:
    home.home_assistant.expected.append(NOT_KNOWN)
    await ada.wait_for_state(GATEWAY, "on")
    names = run("peers", "list", environ=home.served.environ).out
    assert "Test house" in names, names
    assert run("peers", "revoke", "Test house", environ=home.served.environ).code == 0
    await ada.wait_for_state(GATEWAY, "off", deadline_s=ENDS_S)
    flow = await waiting_flow(ada, "reauth")
    with home.served.code("home") as code:
        path = f"/api/config/config_entries/flow/{flow['flow_id']}"
        step = await asyncio.to_thread(home.home_assistant.ask, path, {"code": code}, home.user.token)
    assert (step["type"], step["reason"]) == ("abort", "reauth_successful"), step
    await ada.wait_for_state(GATEWAY, "on", deadline_s=BACK_S)
    await until_understood(ada, *DONE, deadline_s=BACK_S)


async def test_another_gateway_at_the_same_address_is_not_believed(
    home: Household, ada: Connection, tmp_path: Path
) -> None:
    await ada.wait_for_state(GATEWAY, "on")
    home.served.running.end(signal.SIGTERM)
    with serving(tmp_path / "another", port=home.served.port) as another:
        assert shown_code(another)
        await waiting_flow(ada, "reauth")
        assert await ada.state(GATEWAY) == "off"
        assert "connected" not in "\n".join(line for _, line in another.running.err)


async def waiting_flow(connection: Connection, source: str) -> dict[str, Any]:
    """Return the flow that Home Assistant has begun by itself, and waits with for its owner."""
    async with asyncio.timeout(ENDS_S):
        while True:
            for flow in await connection.call("config_entries/flow/progress"):
                if flow["handler"] == "local_voice" and flow["context"]["source"] == source:
                    return dict(flow)
            await asyncio.sleep(0.1)
