"""Timers that are set through Home Assistant: they are the gateway's, outlast both, ring there, and are cancelled."""

import asyncio
import signal
from typing import Any, Final

from tests.e2e.home_assistant.assist import until_understood, write
from tests.e2e.home_assistant.connection import Connection, connected
from tests.e2e.home_assistant.setting_up import BACK_S, Household, connected_again

GATEWAY: Final = "binary_sensor.local_voice_connected"
NEXT: Final = "sensor.local_voice_next_timer"
CANCEL: Final = "button.local_voice_cancel_next_timer"
SATELLITE: Final = "assist_satellite.office_satellite"
NOT_KNOWN: Final = "failed: out_of_order"
"""Whoever asks as soon as the gateway is back may ask before it has been told of the house."""
NOT_SPOKEN: Final = "Error getting audio for a reply"
"""The gateway ends while a reply that nobody fetches is being made."""


async def attribute(connection: Connection, entity_id: str, name: str) -> Any:
    """Return an attribute of an entity."""
    states = await connection.call("get_states")
    return next(state["attributes"].get(name) for state in states if state["entity_id"] == entity_id)


async def timers(connection: Connection) -> list[str]:
    """Return the names of the timers that the sensor knows, what is up soonest first."""
    return [timer["name"] for timer in await attribute(connection, NEXT, "timers") or ()]


async def until_timers(connection: Connection, *names: str, deadline_s: float = BACK_S) -> None:
    """Wait until these timers run and no others."""
    known: list[str] = []
    try:
        async with asyncio.timeout(deadline_s):
            while (known := await timers(connection)) != list(names):  # noqa: ASYNC110 - once a test
                await asyncio.sleep(0.1)
    except TimeoutError as error:
        raise AssertionError(f"these run: {known}, not {names}") from error


async def test_timers_outlast_home_assistant_and_the_gateway_ring_where_they_were_set_and_are_cancelled(
    home: Household, ada: Connection
) -> None:
    home.home_assistant.expected += [NOT_KNOWN, "failed: not_connected", NOT_SPOKEN]
    await ada.wait_for_state(GATEWAY, "on", deadline_s=BACK_S)
    await until_understood(ada, "turn on the kitchen light", "turned on", deadline_s=BACK_S)
    entities = await ada.call("config/entity_registry/list")
    device_id = next(entity["device_id"] for entity in entities if entity["entity_id"] == SATELLITE)
    for said in (
        "set a 45 second timer named tea",
        "set a 1 hour timer named bread",
        "set a 2 hour timer named cake",
        "pause the cake timer",
    ):
        run = await write(ada, said, device_id=device_id)
        assert "timer" in run.speech.casefold(), run.speech
    typed = await write(ada, "set a timer for 5 minutes")
    assert "not" in typed.speech.casefold(), f"typed, it could ring nowhere: {typed.speech}"
    await until_timers(ada, "tea", "bread", "cake")
    before = await attribute(ada, NEXT, "timers")
    assert [timer["area"] for timer in before] == ["Office"] * 3
    assert [timer["is_paused"] for timer in before] == [False, False, True]
    assert await ada.state(NEXT) == before[0]["ends_at"]

    await asyncio.to_thread(home.home_assistant.stop)
    home.home_assistant.start()
    async with connected(home.home_assistant.url, home.user.token) as again:
        await again.wait_for_state(GATEWAY, "on", deadline_s=BACK_S)
        announced: list[str] = []
        async with asyncio.timeout(60):
            while not announced:
                announced = await attribute(again, SATELLITE, "announced") or []
                await asyncio.sleep(0.1)
        text, _, size_bytes = announced[0].rpartition(" ")
        assert text.startswith("The tea timer "), text
        assert int(size_bytes) > 10_000, "it was spoken"
        stopped = await write(again, "stop", device_id=device_id)
        assert stopped.speech == "", "who says stop where it rings is not answered"
        await until_timers(again, "bread", "cake")

        home.served.running.end(signal.SIGKILL)
        await again.wait_for_state(GATEWAY, "off")
        assert await again.state(NEXT) == "unavailable"
        with connected_again(home):
            await again.wait_for_state(GATEWAY, "on", deadline_s=BACK_S)
            await until_timers(again, "bread", "cake")
            done = await again.act("local_voice.cancel_timer", answers=True, name="Cake")
            assert done == {"cancelled": 1}
            await until_timers(again, "bread")
            assert await again.state(NEXT) != "unknown"
            await again.act("button.press", CANCEL)
            await until_timers(again)
            await again.wait_for_state(NEXT, "unknown")
            left = await until_understood(again, "how much time is left on my timer", "no timers", deadline_s=BACK_S)
            assert left.speech
            assert len(await attribute(again, SATELLITE, "announced")) < 4
    assert "bread" not in home.home_assistant.log, "what somebody said is in no log"
    databases = list(home.home_assistant.folder.glob("*.db*"))
    assert databases
    assert not [path.name for path in databases if b"bread" in path.read_bytes()], "the recorder has no name"
