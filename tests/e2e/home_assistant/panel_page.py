"""The panel in Chromium with the test in Home Assistant's place: it tells how things stand, and answers."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from playwright.async_api import Browser, Locator, Page, Route, expect

from gateway.broker.outgoing import MARKER
from tests.e2e.home_assistant.browser import PATIENCE_MS, SCREENSHOTS
from tests.e2e.home_assistant.running import ROOT

FRONTEND: Final = ROOT / "custom_components/local_voice/frontend"
FAKE: Final = Path(__file__).parent / "fake_hass.js"
HOST: Final = "home.test"
ADDRESS: Final = f"http://{HOST}/local-voice"
RESTED_MS: Final = 1_500
"""The panel waits so long at most, from the bytes' appearance to the first possible decision."""
HOSTILE: Final = "<img src=http://elsewhere.test/x onerror=window.hacked=1><script>window.hacked=1</script>"
REQUEST: Final = "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e"
ENTRY: Final = "01JENTRY"
_THEMES: Final = """
    :root { --primary-color: #009ac7; --primary-text-color: #141414; --secondary-text-color: #5e5e5e;
      --primary-background-color: #fafafa; --secondary-background-color: #e9e9e9; --card-background-color: #fff;
      --divider-color: rgba(0, 0, 0, .12); --app-header-background-color: #009ac7; --app-header-text-color: #fff;
      --error-color: #db4437; --warning-color: #ffa600; }
    @media (prefers-color-scheme: dark) { :root { --primary-text-color: #e1e1e1; --secondary-text-color: #9b9b9b;
      --primary-background-color: #111; --secondary-background-color: #282828; --card-background-color: #1c1c1c;
      --divider-color: rgba(225, 225, 225, .12); --app-header-background-color: #101e24;
      --app-header-text-color: #e1e1e1; } }
    body { margin: 0 }
"""
"""What Home Assistant's own two themes say."""
_HTML: Final = f"""<!doctype html><html lang="en"><title>Local Voice</title><style>{_THEMES}</style><body>
<script type="module">import "/fake_hass.js"; import "/frontend/panel.js"; window.open_panel();</script>"""

type Words = dict[str, Any]
type Answers = Mapping[str, Words | Exception | asyncio.Future[Words]]
type Theme = Literal["light", "dark"]


class AskError(Exception):
    """What Home Assistant answers instead: a code and a message."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code, message)
        self.words = {"code": code, "message": message}


@dataclass  # playwright puts something into it
class PanelPage:
    """An opened panel, what it has asked for, and the answers to that."""

    page: Page
    state: Words | AskError
    answers: dict[str, Words | Exception | asyncio.Future[Words]]
    """By command."""
    asked: list[Words] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    """What it has tried to load from anywhere but its own folder."""
    complaints: list[str] = field(default_factory=list)

    async def tell(self, state: Words) -> None:
        """Tell how it stands now."""
        await self.page.evaluate("state => window.tell(state)", state)

    def asked_for(self, what: str) -> list[Words]:
        """Return what was asked by one of the commands."""
        return [asked for asked in self.asked if asked["type"] == f"local_voice/consent/{what}"]

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def text(self, text: str, *, exact: bool = False) -> Locator:
        """Return the first place where a person can read something."""
        return self.page.get_by_text(text, exact=exact).filter(visible=True).first

    async def can_decide(self) -> None:
        """Let a person decide: so much time passes that they may."""
        await self.shown_bytes.wait_for()
        await self.page.clock.run_for(RESTED_MS)
        await expect(self.button("Approve")).to_be_enabled()
        await expect(self.button("Refuse")).to_be_enabled()

    @property
    def shown_bytes(self) -> Locator:
        return self.page.locator("pre")

    @property
    def focused(self) -> Any:
        """Return the text of what has the focus; to be awaited."""
        return self.page.evaluate("document.querySelector('local-voice-panel').shadowRoot.activeElement?.textContent")

    async def press_all(self) -> int:
        """Click on both buttons as a script does, whether they can be seen or not; return how many there are."""
        count: int = await self.page.evaluate(
            """() => {
                const { shadowRoot } = document.querySelector("local-voice-panel");
                const all = shadowRoot.querySelectorAll(".decision button");
                for (const button of all) {
                    button.click();
                    button.dispatchEvent(new MouseEvent("click", { bubbles: true }));
                }
                return all.length;
            }"""
        )
        return count

    async def picture(self, name: str) -> None:
        """Keep a picture of the whole page."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True, animations="disabled")

    async def answer(self, message: Words) -> Words:
        """Answer what the panel asks."""
        self.asked.append(message)
        what = message["type"].rpartition("/")[2]
        found = self.state if what == "subscribe" else self.answers[what]
        if isinstance(found, asyncio.Future):
            found = await found
        return {"error": found.words} if isinstance(found, AskError) else {"result": found}

    async def serve(self, route: Route) -> None:
        """Hand out the panel's own files, and nothing else."""
        address = urlsplit(route.request.url)
        path = FAKE if address.path == "/fake_hass.js" else FRONTEND / Path(address.path).name
        if address.hostname == HOST and address.path == "/local-voice":
            await route.fulfill(body=_HTML, content_type="text/html")
        elif address.hostname == HOST and address.path.endswith(".js") and path.exists():
            await route.fulfill(path=path, content_type="text/javascript")
        else:
            self.elsewhere.append(route.request.url)
            await route.abort()


@asynccontextmanager
async def opened_panel(
    browser: Browser,
    state: Words | AskError,
    *,
    request: str = "",
    answers: Answers | None = None,
    width: int = 1_000,
    theme: Theme = "light",
) -> AsyncIterator[PanelPage]:
    """Open the panel in a page of its own, for the block; `request` as in a link to one. Time stands still there.

    At the end it must have loaded nothing from elsewhere, kept nothing in the browser, and thrown no error.
    """
    page = await browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme=theme, timezone_id="UTC", locale="en-GB"
    )
    page.set_default_timeout(PATIENCE_MS)
    panel = PanelPage(page=page, state=state, answers=dict(answers or {}))
    page.on("pageerror", lambda error: panel.complaints.append(str(error)))
    page.on("console", lambda line: panel.complaints.append(line.text) if line.type == "error" else None)
    await page.clock.install(time=0)
    await page.clock.pause_at(1_000)
    await page.expose_function("ask", panel.answer)
    await page.route("**/*", panel.serve)
    await page.goto(ADDRESS + (f"?request={request}" if request else ""))
    try:
        yield panel
        assert panel.elsewhere == []
        assert panel.complaints == []
        assert await page.evaluate("window.hacked") is None
        assert await page.evaluate("localStorage.length + sessionStorage.length") == 0
    finally:
        await page.close()


def text_request(text: str) -> bytes:
    """Return the bytes of a request to a chat service, with any text whatsoever in it."""
    body = json.dumps(
        {"model": "small-1", "messages": [{"role": "user", "content": text}]}, ensure_ascii=False, separators=(",", ":")
    ).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: api.example.com\r\nAuthorization: Bearer {MARKER}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def destination(**other: Any) -> Words:
    """Return a destination's words; `other` as in all of these."""
    words = {
        "id": "example", "kind": "chat", "host": "api.example.com", "port": 443, "path": "/v1/chat/completions",
        "model": "small-1", "is_local": False, "has_key": True, "added_at": "2026-11-03T08:00:00+00:00",
    }  # fmt: skip
    return words | other


def waiting(**other: Any) -> Words:
    words = {
        "request_id": REQUEST, "satellite_id": "s1", "satellite_name": "Kitchen satellite", "content": "text",
        "destination_id": "example", "size_bytes": 300, "asked_at": "2026-11-03T09:30:00+00:00", "left_s": 240,
    }  # fmt: skip
    return words | other


def decided(fate: str, **other: Any) -> Words:
    words = {
        "request_id": REQUEST, "satellite_id": "s1", "satellite_name": "Kitchen satellite", "content": "text",
        "destination_id": "example", "decided_at": "2026-11-03T09:31:00+00:00", "fate": fate, "reason": "", "status": 0,
        "sent_bytes": 0, "received_bytes": 0, "has_answer": False,
    }  # fmt: skip
    return words | other


def gateway(**other: Any) -> Words:
    words = {
        "entry_id": ENTRY, "name": "Home gateway", "connected": True, "may_approve": True, "is_admin": True,
        "is_allowed": True, "has_pin": False, "destinations": [destination()], "waiting": [], "decided": [],
        "month": "2026-11", "sent_bytes": 12_345,
    }  # fmt: skip
    return words | other


def state(*gateways: Words) -> Words:
    return {"gateways": list(gateways)}


def preview(raw: bytes, **other: Any) -> Words:
    """Return the preview of a request with these bytes."""
    words = {
        "request_id": REQUEST, "hash": "ab" * 32, "nonce": "cd" * 16, "key_version": 1, "destination": destination(),
        "method": "POST", "content": "text", "satellite_id": "s1", "left_s": 240, "size_bytes": len(raw),
        "body_at": raw.index(b"\r\n\r\n") + 4, "marker": MARKER if MARKER.encode() in raw else "", "audio_at": 0,
        "audio_bytes": 0, "replaced": [], "bytes": base64.b64encode(raw).decode(),
    }  # fmt: skip
    return words | other
