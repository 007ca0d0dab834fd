"""Home Assistant's WebSocket API, as its frontend uses it."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

ANSWER_S = 30.0
"""The slowest command of these tests answers within five seconds on two busy cores."""


class CommandError(Exception):
    """Home Assistant has refused a command: its code and message."""


class Connection:
    """A connection that is signed in."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._events: dict[int, asyncio.Queue[Any]] = {}

    async def call(self, kind: str, **fields: Any) -> Any:
        """Give a command and return its result."""
        return await self._command(next(self._ids), kind, fields)

    async def subscribe(self, kind: str, **fields: Any) -> Events:
        """Give a command that answers with events."""
        number = next(self._ids)
        events = self._events[number] = asyncio.Queue()
        await self._command(number, kind, fields)
        return Events(events)

    async def send_audio(self, handler: int, pcm: bytes = b"") -> None:
        """Send a piece of sound to the binary handler that a pipeline's `run-start` has named; nothing is its end."""
        await self._socket.send_bytes(bytes([handler]) + pcm)

    async def act(self, action: str, target: str = "", *, answers: bool = False, **data: Any) -> Any:
        """Perform an action (`light.turn_on`) on an entity; return its response where it is one that `answers`."""
        domain, service = action.split(".")
        fields: dict[str, Any] = {"domain": domain, "service": service, "service_data": data}
        if target:
            fields["target"] = {"entity_id": target}
        result = await self.call("call_service", **fields, return_response=answers)
        return result.get("response")

    async def expose(self, entity_id: str, *, is_exposed: bool) -> None:
        """Let assistants see an entity, or hide it from them."""
        await self.call(
            "homeassistant/expose_entity",
            assistants=["conversation"],
            entity_ids=[entity_id],
            should_expose=is_exposed,
        )

    async def state(self, entity_id: str) -> str:
        """Return the state of an entity; empty where there is none."""
        states = await self.call("get_states")
        return next((str(state["state"]) for state in states if state["entity_id"] == entity_id), "")

    async def wait_for_state(self, entity_id: str, wanted: str, *, deadline_s: float = 10.0) -> None:
        """Wait until an entity is in a state."""
        found = ""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline_s):
                while (found := await self.state(entity_id)) != wanted:  # noqa: ASYNC110 - of many entities, once a test
                    await asyncio.sleep(0.05)
        assert found == wanted, f"{entity_id} is {found or 'missing'} after {deadline_s} s, not {wanted}"

    async def _command(self, number: int, kind: str, fields: dict[str, Any]) -> Any:
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "type": kind, **fields})
        async with asyncio.timeout(ANSWER_S):
            return await answer

    async def read(self) -> None:
        """Hand out what comes, until the connection ends."""
        async for message in self._socket:
            said = message.json()
            if said["type"] == "event":
                if said["id"] in self._events:
                    self._events[said["id"]].put_nowait(said["event"])
            elif said["type"] == "result" and not (answer := self._answers.pop(said["id"])).done():
                if said["success"]:
                    answer.set_result(said["result"])
                else:
                    answer.set_exception(CommandError(f"{said['error']['code']}: {said['error']['message']}"))
        for answer in self._answers.values():
            answer.cancel()


class Events:
    """The events of one subscription, in order."""

    def __init__(self, queue: asyncio.Queue[Any]) -> None:
        self._queue = queue

    async def next(self, deadline_s: float = 20.0) -> Any:
        """Return the next one."""
        async with asyncio.timeout(deadline_s):
            return await self._queue.get()

    async def until(self, kind: str, *, deadline_s: float = 20.0) -> list[Any]:
        """Return the events up to the first one of a type, that one included."""
        events: list[Any] = []
        async with asyncio.timeout(deadline_s):
            while not events or events[-1]["type"] != kind:
                events.append(await self._queue.get())
        return events


@asynccontextmanager
async def connected(url: str, token: str, *, is_running: bool = True) -> AsyncIterator[Connection]:
    """Be connected to the Home Assistant at `url` during the block; wait first until all of it has started."""
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{url}/api/websocket", max_msg_size=0) as socket:
        assert (await socket.receive_json())["type"] == "auth_required"
        await socket.send_json({"type": "auth", "access_token": token})
        assert (await socket.receive_json())["type"] == "auth_ok"
        connection = Connection(socket)
        reading = asyncio.create_task(connection.read())
        try:
            async with asyncio.timeout(ANSWER_S):
                while is_running and (await connection.call("get_config"))["state"] != "RUNNING":  # noqa: ASYNC110 - once a start
                    await asyncio.sleep(0.1)
            yield connection
        finally:
            reading.cancel()
            await asyncio.wait({reading})
