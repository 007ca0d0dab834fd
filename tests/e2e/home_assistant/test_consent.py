"""One request from end to end: asked at a satellite, seen and approved on the page, sent once, answered aloud."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from gateway.audio import FRAME_BYTES, RATE_HZ, frames, resample
from gateway.broker.outgoing import MARKER
from gateway.wire.pairing import Paired
from gateway.wire.voice_words import Drain
from tests.clouds import chat
from tests.e2e.home_assistant.assist import write
from tests.e2e.home_assistant.browser import chromium, opened, screenshot
from tests.e2e.home_assistant.connection import Connection, Events, connected
from tests.e2e.home_assistant.onboarding import User
from tests.e2e.home_assistant.outside import HOST, Outside, outside
from tests.e2e.home_assistant.running import HomeAssistant
from tests.e2e.home_assistant.setting_up import set_up, shown_code
from tests.e2e.namespaces import why_impossible
from tests.e2e.program import run
from tests.e2e.serving import Serving, serving
from tests.gateway.server.peers import ScriptedSatellite
from tests.voices import Voices, silence

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY: Final = "sk-never-to-be-seen-0123456789"
SAID: Final = "How can I make the living room warmer without a heater"
ANSWER: Final = "Keep the [area 1] curtains closed every evening."
SHOWN_ANSWER: Final = "Keep the Living Room curtains closed every evening."
TYPED: Final = (
    "Who wrote the book about the white whale?",
    "Why is the sky blue in the morning?",
    "Who painted the ceiling of the big chapel?",
    "Why is the sea green in the evening?",
)
"""One for each time that something is asked for in writing: what was refused is not asked for again at once."""
SWITCH: Final = "switch.local_voice_allow_cloud_requests"
SENT: Final = "sensor.local_voice_sent_to_the_cloud_this_month"
ASKED: Final = "event.local_voice_consent"
TIMES: Final = 4
"""So much faster than in life is it said."""
FRAME_S: Final = 0.032
NEWS_S: Final = 30.0
"""For whatever follows by itself, on two busy cores."""
QUIET_S: Final = 1.0
"""A request that is on its way after all would be there by then."""

type ReadBack = Callable[[bytes], str]
type Words = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A home that has a cloud to ask, and somebody who decides."""

    home_assistant: HomeAssistant
    user: User
    served: Serving
    world: Outside
    kitchen: Paired
    approved: list[bytes] = field(default_factory=list)
    """What somebody said yes to so far: nothing else has left."""

    @asynccontextmanager
    async def in_the_kitchen(self) -> AsyncIterator[ScriptedSatellite]:
        """Have the kitchen's satellite connected during the block."""
        paired = self.kitchen
        async with ScriptedSatellite.connected(
            self.served.voice, pin=paired.voice_pin, token=paired.voice_token
        ) as satellite:
            yield satellite

    @property
    def said_to_the_world(self) -> tuple[int, list[bytes]]:
        """How often the cloud was connected to, and what it was sent."""
        return self.world.cloud.connections, self.world.cloud.requests


@dataclass(slots=True)
class Standing:
    """How it stands with requests, as the page is told."""

    events: Events
    gateway: Words = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    async def until(self, is_so: Callable[[Words], object]) -> Words:
        """Return how it stands as soon as it is so."""
        async with asyncio.timeout(NEWS_S):
            while not (self.gateway and is_so(self.gateway)):
                [self.gateway] = (await self.events.next(NEWS_S))["gateways"]
        return self.gateway

    async def waiting(self) -> Words:
        """Return the one request that waits and did not before, once it does."""

        def new(gateway: Words) -> bool:
            return any(one["request_id"] not in self.seen for one in gateway["waiting"])

        [request] = (await self.until(new))["waiting"]
        self.seen.add(request["request_id"])
        return dict(request)

    async def fate(self, request: Words) -> Words:
        """Return what became of a request, once nothing else can."""

        def found(gateway: Words) -> Words | None:
            decided = [one for one in gateway["decided"] if one["request_id"] == request["request_id"]]
            return next((one for one in decided if one["fate"] != "sending"), None)

        fate = found(await self.until(found))
        assert fate is not None
        return fate


@pytest.fixture(scope="module")
def home(home_assistant: HomeAssistant, user: User, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    if why := why_impossible():
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("consent")
    with ExitStack() as stack:
        world = stack.enter_context(outside(folder, chat(ANSWER)))
        served = stack.enter_context(serving(folder / "gateway", via=world.via))
        set_up(home_assistant, user, served, shown_code(served))
        kitchen = asyncio.run(served.satellite("Kitchen satellite", "Kitchen"))
        authority = folder / "authority.pem"
        authority.write_text(world.cloud.ca, encoding="ascii")
        options = ("--model", "wise-1", "--ca", authority)
        added = run("cloud", "add", "oracle", f"https://{HOST}/v1", *options, text=f"{KEY}\n", environ=served.environ)
        assert added.code == 0, added.err
        assert KEY not in added.out + added.err
        yield Home(home_assistant=home_assistant, user=user, served=served, world=world, kitchen=kitchen)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def ada(home: Home) -> AsyncIterator[Connection]:
    async with connected(home.home_assistant.url, home.user.token) as connection:
        yield connection


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def standing(ada: Connection) -> Standing:
    return Standing(await ada.subscribe("local_voice/consent/subscribe"))


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def page(home: Home) -> AsyncIterator[Page]:
    if chromium() is None:
        pytest.skip("Chromium is not installed: the Debian package chromium")
    async with opened(home.home_assistant, home.user) as page:
        yield page


@pytest.fixture(scope="module")
def questions() -> Iterator[str]:
    return iter(TYPED)


@pytest_asyncio.fixture(loop_scope="module")
async def allowed(ada: Connection) -> AsyncIterator[None]:
    """Have somebody allow that the cloud is asked for, during a test."""
    assert await ada.state(SWITCH) == "off", "nothing may be asked for, until somebody allows that"
    await ada.act("switch.turn_on", SWITCH)
    await ada.wait_for_state(SWITCH, "on")
    yield
    await ada.act("switch.turn_off", SWITCH)
    await ada.wait_for_state(SWITCH, "off")


@pytest.mark.usefixtures("allowed")
async def test_what_nobody_at_home_can_answer_leaves_once_after_a_yes_and_is_answered_aloud(
    home: Home, ada: Connection, standing: Standing, page: Page, voices: Voices, read_back: ReadBack
) -> None:
    approved = home.approved
    async with home.in_the_kitchen() as satellite:
        await say(satellite, voices.piper(f"Okay Nabu. {SAID}?"))
        request = await standing.waiting()
        await satellite.told(Drain)
        asked = sound_of(satellite)
        assert await attribute(ada, ASKED, "event_type") == "asked"
        raw = await exact_bytes(ada, standing, request)
        assert b"[area 1]" in raw
        assert b"living room" not in raw.lower()
        link = await link_in_the_notification(ada, request)

        await page.goto(f"{home.home_assistant.url}{link}")
        panel = page.locator("local-voice-panel")
        assert await panel.locator("pre").text_content() == raw.decode().replace("\r\n", "\n")
        for told in (HOST, "wise-1", "Kitchen satellite", f"{len(raw)} bytes", "Living Room"):
            await expect(visible(panel, told)).to_be_visible()
        await expect(button(page, "Approve")).to_be_enabled()
        await picture(page, "consent")
        assert home.said_to_the_world == (len(approved), approved)
        sent = raw.replace(MARKER.encode(), KEY.encode())
        approved.append(sent)
        await button(page, "Approve").click()

        await expect(visible(panel, "Answered.")).to_be_visible()
        assert home.said_to_the_world == (len(approved), approved), "exactly what was shown, the key in it, once"
        assert home.world.cloud.names == [HOST] * len(approved)
        await expect(panel.locator(".answer")).to_contain_text(SHOWN_ANSWER)
        await expect(panel.locator(".answer")).to_contain_text(f"Answer from {HOST}, not from your home")
        await picture(page, "answered")
        await satellite.told(Drain, 2)
        answered = sound_of(satellite)[len(asked) :]
    assert "permission to ask the cloud" in words_of(read_back(asked))
    assert "the cloud says keep the living room curtains closed every evening" in words_of(read_back(answered))
    fate = await standing.fate(request)
    assert (fate["fate"], fate["status"], fate["sent_bytes"]) == ("answered", 200, len(sent))
    await ada.wait_for_state(SENT, str(sum(map(len, approved))))
    await no_notification(ada)


@pytest.mark.usefixtures("allowed")
async def test_what_somebody_refuses_stays_at_home(
    home: Home, ada: Connection, standing: Standing, page: Page, questions: Iterator[str]
) -> None:
    before, question = home.said_to_the_world, next(questions)
    assert "permission" in (await write(ada, question)).speech
    request = await standing.waiting()
    await page.goto(f"{home.home_assistant.url}/local-voice/cloud")
    panel = page.locator("local-voice-panel")
    await page.get_by_role("button", name=re.compile("Look at it")).click()
    await expect(panel.locator("pre")).to_contain_text(question)
    await expect(button(page, "Refuse")).to_be_enabled()
    await button(page, "Refuse").click()
    await expect(visible(panel, "Refused. Nothing was sent.")).to_be_visible()
    assert (await standing.fate(request))["fate"] == "refused"
    assert "refused" in (await write(ada, question)).speech, "the same is not asked for again at once"
    await asyncio.sleep(QUIET_S)
    assert home.said_to_the_world == before
    await no_notification(ada)


@pytest.mark.usefixtures("allowed")
async def test_what_waits_when_the_switch_is_turned_off_stays_at_home(
    home: Home, ada: Connection, standing: Standing, page: Page, questions: Iterator[str]
) -> None:
    before, question = home.said_to_the_world, next(questions)
    await write(ada, question)
    request = await standing.waiting()
    await page.goto(f"{home.home_assistant.url}{await link_in_the_notification(ada, request)}")
    await expect(button(page, "Approve")).to_be_enabled()
    await ada.act("switch.turn_off", SWITCH)
    panel = page.locator("local-voice-panel")
    await expect(visible(panel, "Stopped: cloud requests were switched off. Nothing was sent.")).to_be_visible()
    await expect(button(page, "Approve")).to_be_hidden()
    assert (await standing.fate(request))["fate"] == "revoked"
    assert "permission" not in (await write(ada, question)).speech
    await asyncio.sleep(QUIET_S)
    assert home.said_to_the_world == before
    await page.goto(f"{home.home_assistant.url}/local-voice/cloud")
    await expect(visible(panel, "Nothing is waiting.")).to_be_visible()
    await picture(page, "consent-list")


async def test_the_gateways_log_has_what_left_and_home_assistant_never_had_the_key(home: Home) -> None:
    audit = run("audit", "show", environ=home.served.environ).out.casefold()
    _, sent = home.said_to_the_world
    assert audit.count("approve") >= 1
    assert all(f"{len(request)}" in audit.replace(",", "") for request in sent)
    assert "curtains" not in audit
    assert "living" not in audit
    folder = home.home_assistant.folder
    kept = [path for path in folder.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert kept == []
    assert KEY not in "\n".join(line for _, line in home.served.running.err)


async def say(satellite: ScriptedSatellite, pcm: bytes) -> None:
    """Let a satellite hear something."""
    for number, frame in enumerate(frames(silence(0.3) + pcm + silence(1.5))):
        await satellite.channel.play(frame.ljust(FRAME_BYTES, b"\0"))
        if number % TIMES == 0:
            await asyncio.sleep(FRAME_S)


def sound_of(satellite: ScriptedSatellite) -> bytes:
    """Return all that was to be played so far, 16 kHz mono s16le."""
    return b"".join(resample(bytes(pcm), rate_hz, RATE_HZ) for rate_hz, pcm in satellite.sounds)


def words_of(text: str) -> str:
    return " ".join(re.findall(r"[a-z']+", text.casefold()))


async def exact_bytes(ada: Connection, standing: Standing, request: Words) -> bytes:
    """Return what is to be sent, as the gateway has it."""
    preview = await ada.call(
        "local_voice/consent/preview", entry_id=standing.gateway["entry_id"], request_id=request["request_id"]
    )
    return base64.b64decode(preview["bytes"])


async def link_in_the_notification(ada: Connection, request: Words) -> str:
    """Return where the only notification leads; it says nothing of what is asked, or where."""
    [notice] = await notifications(ada)
    assert not {word for word in (HOST, "kitchen", "living", "whale", "sky", "wise") if word in str(notice).casefold()}
    found = re.search(r"\]\((/local-voice\?request=[0-9a-z-]+)\)", notice["message"])
    assert found is not None, notice
    assert found[1].endswith(request["request_id"])
    return found[1]


async def notifications(ada: Connection) -> list[Words]:
    return list(await ada.call("persistent_notification/get"))


async def no_notification(ada: Connection) -> None:
    assert await notifications(ada) == []


async def attribute(ada: Connection, entity_id: str, name: str) -> object:
    states = await ada.call("get_states")
    return next(one["attributes"].get(name) for one in states if one["entity_id"] == entity_id)


def visible(panel: Locator, text: str) -> Locator:
    """Return the first place on the page where a person can read something."""
    return panel.get_by_text(text).filter(visible=True).first


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


async def picture(page: Page, name: str) -> None:
    """Keep a picture of the page, all of it, as on a tablet."""
    size = page.viewport_size
    assert size is not None
    await page.set_viewport_size({"width": 744, "height": 1_220})
    await screenshot(page, name)
    await page.set_viewport_size(size)
