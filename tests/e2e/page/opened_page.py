"""The page in Chromium with the test in Home Assistant's place: it tells how things stand, and answers."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from playwright.async_api import Browser, Locator, Page, Route

from tests.e2e.home_assistant.browser import PATIENCE_MS, SCREENSHOTS
from tests.e2e.home_assistant.running import ROOT

INTEGRATION: Final = ROOT / "custom_components/local_voice"
FAKE: Final = Path(__file__).parent / "fake_hass.js"
AXE: Final = ROOT / "frontend/node_modules/axe-core/axe.min.js"
HOST: Final = "home.test"
PREFIX: Final = "/local-voice"
NOW_MS: Final = 1_793_707_200_000
"""Tuesday, 3 November 2026, 12:00 UTC."""
PAUSED_AT_MS: Final = 1_000
"""What the page's clock says where it stands still."""
PHONE: Final = 360
DESKTOP: Final = 1_200
HOSTILE: Final = "<img src=http://elsewhere.test/x onerror=window.hacked=1><script>window.hacked=1</script>"
ENTRY: Final = "01JENTRY"
AREAS: Final = {"kitchen": {"area_id": "kitchen", "name": "Kitchen"}, "bed": {"area_id": "bed", "name": "Bedroom"}}
_THEMES: Final = """
    :root { --primary-color: #009ac7; --primary-text-color: #141414; --secondary-text-color: #5e5e5e;
      --primary-background-color: #fafafa; --secondary-background-color: #e9e9e9; --card-background-color: #fff;
      --divider-color: rgba(0, 0, 0, .12); --app-header-background-color: #009ac7; --app-header-text-color: #fff;
      --error-color: #db4437; --warning-color: #ffa600; --success-color: #43a047; --text-primary-color: #fff; }
    @media (prefers-color-scheme: dark) { :root { --primary-text-color: #e1e1e1; --secondary-text-color: #9b9b9b;
      --primary-background-color: #111; --secondary-background-color: #282828; --card-background-color: #1c1c1c;
      --divider-color: rgba(225, 225, 225, .12); --app-header-background-color: #101e24;
      --app-header-text-color: #e1e1e1; } }
    body { margin: 0 }
"""
"""What Home Assistant's own two themes say."""

type Words = dict[str, Any]
type Given = Words | Exception | asyncio.Future[Words]
type Answer = Given | Callable[[Words], Given]
"""To a command: what it comes to, now or later, perhaps by what is asked."""
type Theme = Literal["light", "dark"]


class AskError(Exception):
    """What Home Assistant answers instead: a code and a message."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code, message)
        self.words = {"code": code, "message": message}


@dataclass  # playwright puts something into it
class OpenedPage:
    """An opened page, what it has asked for, and the answers to that."""

    page: Page
    answers: dict[str, Answer]
    """By command, such as `ledger/turns`; also `page/subscribe`, `ledger/subscribe` and `consent/subscribe`."""
    begin: Words
    sounds: dict[str, bytes] = field(default_factory=dict)
    """WAV files by path, as a signed address names it."""
    asked: list[Words] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    """What it has tried to load from anywhere but its own file."""
    complaints: list[str] = field(default_factory=list)

    async def tell(self, what: str, event: Words) -> None:
        """Tell what one of the subscriptions, `page`, `ledger` or `consent`, would."""
        await self.page.evaluate("([what, event]) => window.tell(what, event)", [what, event])

    def asked_for(self, command: str) -> list[Words]:
        """Return what was asked by one of the commands, such as `ledger/turns`."""
        return [asked for asked in self.asked if asked["type"] == f"local_voice/{command}"]

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def text(self, text: str, *, exact: bool = False) -> Locator:
        """Return the first place where a person can read something."""
        return self.page.get_by_text(text, exact=exact).filter(visible=True).first

    @property
    def focused(self) -> Any:
        """Return the text of what has the focus, however deep; to be awaited."""
        return self.page.evaluate(
            """() => {
                let found = document.activeElement;
                while (found?.shadowRoot?.activeElement) found = found.shadowRoot.activeElement;
                return found?.textContent.trim();
            }"""
        )

    async def fits(self) -> bool:
        """Tell whether nothing is wider than the screen."""
        wide: bool = await self.page.evaluate(
            """() => {
                const main = document.querySelector("local-voice-panel").shadowRoot.querySelector("main");
                return main.scrollWidth <= main.clientWidth && document.documentElement.scrollWidth <= innerWidth;
            }"""
        )
        return wide

    async def barriers(self) -> list[str]:
        """Return what axe finds that is serious for people with disabilities."""
        await self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: list[str] = await self.page.evaluate(
            """async () => {
                const bar = [["local-voice-panel", "header"]]; // its colours are Home Assistant's own
                const { violations } = await axe.run({ include: ["local-voice-panel"], exclude: [bar] });
                return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
                    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.html}`));
            }"""
        )
        return found

    async def picture(self, name: str) -> None:
        """Keep a picture of what is on the screen."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled")

    async def answer(self, message: Words) -> Words:
        """Answer what the page asks."""
        if message["type"] == "begin":
            return self.begin
        self.asked.append(message)
        found = self.answers[message["type"].partition("/")[2]]
        if callable(found):
            found = found(message)
        if isinstance(found, asyncio.Future):
            found = await found
        return {"error": found.words} if isinstance(found, AskError) else {"result": found}

    async def serve(self, route: Route) -> None:
        """Hand out the page's own file, and sounds; nothing else."""
        address = urlsplit(route.request.url)
        if address.hostname != HOST:
            self.elsewhere.append(route.request.url)
            await route.abort()
        elif address.path.startswith(PREFIX):
            await route.fulfill(body=_html(), content_type="text/html")
        elif address.path == "/fake_hass.js":
            await route.fulfill(path=FAKE, content_type="text/javascript")
        elif address.path == "/page.js":
            await route.fulfill(path=bundle(), content_type="text/javascript")
        elif address.path in self.sounds:
            await route.fulfill(body=self.sounds[address.path], content_type="audio/wav")
        else:
            self.elsewhere.append(route.request.url)
            await route.abort()


def bundle() -> Path:
    """Return the page as it is installed. `scripts/page` builds it."""
    return max(INTEGRATION.glob("frontend/local-voice-*.js"), key=lambda path: path.stat().st_mtime)


@asynccontextmanager
async def opened_page(
    browser: Browser,
    place: str = "",
    *,
    gateways: Sequence[Words] | None = None,
    ledgers: Sequence[Words] | None = None,
    consents: Sequence[Words] | None = None,
    answers: Mapping[str, Answer] | None = None,
    width: int = DESKTOP,
    theme: Theme = "light",
    language: str = "en",
    is_admin: bool = True,
    is_paused: bool = False,
    states: Words | None = None,
) -> AsyncIterator[OpenedPage]:
    """Open the page at a place, such as `/cloud?request=…`, for the block. It is noon of 3 November 2026 there.

    With `is_paused` time stands still, timers and animations as well, until the test lets it pass. At the end it must
    have loaded nothing from elsewhere, kept nothing in the browser, and thrown no error.
    """
    page = await browser.new_page(
        viewport={"width": width, "height": 740 if width <= PHONE else 900},
        color_scheme=theme,
        timezone_id="UTC",
        locale=language,
    )
    page.set_default_timeout(PATIENCE_MS)
    told: dict[str, Answer] = {
        "page/subscribe": {"gateways": [gateway()] if gateways is None else list(gateways)},
        "ledger/subscribe": {"gateways": [ledger()] if ledgers is None else list(ledgers)},
        "consent/subscribe": {"gateways": [] if consents is None else list(consents)},
        "ledger/turns": {"turns": [], "before": None, "unreadable": 0},
    }
    begin = {
        "language": language, "is_admin": is_admin, "texts": _texts(language), "areas": AREAS, "states": states or {},
    }  # fmt: skip
    opened = OpenedPage(page=page, answers={**told, **(answers or {})}, begin=begin)
    page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    page.on("console", lambda line: opened.complaints.append(line.text) if line.type == "error" else None)
    if is_paused:
        await page.clock.install(time=0)
        await page.clock.pause_at(PAUSED_AT_MS)
    else:
        await page.clock.set_fixed_time(NOW_MS / 1_000)
    await page.expose_function("ask", opened.answer)
    await page.route("**/*", opened.serve)
    await page.goto(f"http://{HOST}{PREFIX}{place}")
    try:
        yield opened
        assert opened.elsewhere == []
        assert opened.complaints == []
        assert await page.evaluate("window.hacked") is None
        assert await page.evaluate("localStorage.length + sessionStorage.length") == 0
    finally:
        await page.close()


def gateway(**other: Any) -> Words:
    """Return what is told of a gateway by `page/subscribe`; `other` as in all of these."""
    words = {
        "entry_id": ENTRY, "name": "Home gateway", "connected": True, "version": "0.1.0", "is_admin": True,
        "offered": {
            "language": "en", "stt_model": "tiny.en", "stt_models": ["tiny.en", "base"], "voice": "en_US-joe-medium",
            "voices": [{"id": "en_US-joe-medium", "language": "en_US"}, {"id": "de_DE-eva-low", "language": "de_DE"}],
            "stt_fitness": {"tiny.en": "good", "base": "good"},
            "wake_words": ["okay_nabu"], "wake_sensitivity": 50,
            "known_wake_words": [
                {"id": "okay_nabu", "phrase": "Okay Nabu"}, {"id": "hey_jarvis", "phrase": "Hey Jarvis"},
            ],
        },
        "options": {"approvers": "administrators", "members_see_own_turns": False},
        "guarded": {"decisions": [], "has_pin": False},
        "satellites": [satellite()], "timers": [], "trust": trust(),
    }  # fmt: skip
    return words | other


def satellite(**other: Any) -> Words:
    words = {
        "satellite_id": "s1", "name": "Kitchen satellite", "area_id": "kitchen", "connected": True, "muted": False,
        "activity": "idle", "last_wake_at": "2026-11-03T11:55:00+00:00",
    }  # fmt: skip
    return words | other


def timer(**other: Any) -> Words:
    words = {
        "timer_id": 1, "name": "pizza", "satellite_id": "s1", "area_id": "kitchen", "duration_s": 600, "left_s": 65,
        "is_active": True, "is_command": False, "command": "",
    }  # fmt: skip
    return words | other


def trust(**other: Any) -> Words:
    words = {
        "connected": True, "level": "enforced", "layers": ["filter", "network", "user", "landlock"], "missing": {},
        "attempts": 120, "ways_out": [], "verdict": "good",
        "head": {"size": 42, "hash": "ab" * 32, "at": "2026-11-03T11:58:00+00:00"},
    }  # fmt: skip
    return words | other


def ledger(**other: Any) -> Words:
    """Return what is told of a gateway by `ledger/subscribe`."""
    words = {
        "entry_id": ENTRY, "name": "Home gateway", "scope": "all", "connected": True,
        "kept": {
            "is_there": True, "transcripts_s": 30 * 86_400, "audio_s": 7 * 86_400, "false_wakes_s": 60,
        },
        "satellites": {"s1": "Kitchen satellite"},
    }  # fmt: skip
    return words | other


def turn(number: int = 1, **other: Any) -> Words:
    """Return a turn that was understood; the higher the number, the earlier."""
    minutes = 12 * 60 - 2 * (number % 350)
    at = f"2026-11-{3 - number // 350 % 3:02}T{minutes // 60:02}:{minutes % 60:02}:00+00:00"
    words = {
        "turn_id": f"{number:032x}", "at": at,
        "satellite_id": "s1", "area_id": "kitchen", "user_id": "", "conversation_id": "", "kind": "turn",
        "outcome": "action", "wake_word": "okay_nabu", "wake_score": 0.97, "second_score": None,
        "hypotheses": [{"text": "turn on the kitchen light", "score": -0.2}], "heard": "turn on the kitchen light",
        "used": "turn on the kitchen light", "why": "that is the likeliest reading, and it means something here",
        "intent": "HassTurnOn", "slots": {"name": "Kitchen light"},
        "changes": [{"entity_id": "light.kitchen", "name": "Kitchen light", "before": "off", "after": "on"}],
        "reply": "Turned on the light",
        "stages_ms": {"endpoint": 480.0, "stt": 310.0, "intent": 330.0, "action": 390.0, "first_sound": 520.0},
        "audio_ms": 1_800, "keep_until": "2026-12-03T12:00:00+00:00", "clip_until": "2026-11-10T12:00:00+00:00",
        "correction": None, "wake_mark": "",
    }  # fmt: skip
    return words | other


def _texts(language: str) -> dict[str, str]:
    """Return the page's texts as Home Assistant names them."""
    words = json.loads((INTEGRATION / f"translations/{language}.json").read_text(encoding="utf-8"))
    return {
        f"component.local_voice.config_panel.{section}.{key}": text
        for section, texts in words["config_panel"].items()
        for key, text in texts.items()
    }


def _html() -> str:
    return (
        f'<!doctype html><html lang="en"><title>Local Voice</title><style>{_THEMES}</style><body>'
        '<script type="module">import "/fake_hass.js"; import "/page.js"; window.open_panel();</script>'
    )
