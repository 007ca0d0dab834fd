"""The page on which a person decides, with the test in Home Assistant's place: hostile contents, keys, clocks."""

import asyncio
import time
from typing import Final

import pytest
from playwright.async_api import Browser, expect

from gateway.broker.destination import Destination, Kind
from gateway.broker.outgoing import MARKER, audio_request
from tests.e2e.page.consent_words import (
    ANSWER,
    QUESTION,
    RAW,
    REQUEST,
    WAITS,
    decided,
    destination,
    gateway,
    preview,
    state,
    text_request,
    waiting,
)
from tests.e2e.page.deciding import RESTED_MS, Answers, can_decide, opened_cloud, press_all, shown_bytes
from tests.e2e.page.opened_page import ENTRY, HOSTILE, AskError, Theme, Words

pytestmark = pytest.mark.asyncio(loop_scope="module")

NARROW: Final = 360
DOUBLE_CLICK_MS: Final = 500
"""Of Windows and of most desktops: what a second click is part of was not decided."""
MOST_MS: Final = 5_000
"""What half a megabyte may take to be shown, on two busy cores."""


def shown_as(raw: bytes) -> str:
    """Return what the page shows of these bytes, where all of them are ordinary text."""
    return raw.decode().replace("\r\n", "\n")


async def test_the_exact_bytes_are_shown_and_a_yes_is_for_these(browser: Browser) -> None:
    names = [{"placeholder": "[person 1]", "original": "Ada"}]
    words = preview(RAW, replaced=names)
    async with opened_cloud(browser, WAITS, answers={"preview": words, "approve": {}}) as opened:
        await expect(opened.text("1 request is waiting.")).to_be_visible()
        await opened.button("Look at it: Text, Kitchen satellite").click()
        assert await shown_bytes(opened).text_content() == shown_as(RAW)
        await expect(opened.page.locator("pre .key")).to_have_text(MARKER)
        for told in ("api.example.com", "443", "/v1/chat/completions", "small-1", "Kitchen satellite", "Ada"):
            await expect(opened.text(told, exact=told.isdigit())).to_be_visible()
        await expect(opened.text(f"{len(RAW)} bytes")).to_be_visible()
        await can_decide(opened)
        await opened.button("Approve").click()
        await expect(opened.text("Approved.")).to_be_visible()
    assert opened.asked_for("consent/approve") == [
        {
            "type": "local_voice/consent/approve", "entry_id": ENTRY, "request_id": REQUEST,
            "hash": words["hash"], "nonce": words["nonce"],
        }
    ]  # fmt: skip


async def test_what_becomes_of_it_is_shown_and_the_answer_is_the_clouds(browser: Browser) -> None:
    answers = {"preview": preview(RAW), "approve": {}, "answer": {"text": ANSWER}}
    async with opened_cloud(browser, WAITS, request=REQUEST, answers=answers) as opened:
        await can_decide(opened)
        await opened.button("Approve").click()
        await opened.tell("consent", state(gateway(decided=[decided("sending")])))
        await expect(opened.text("Being sent…")).to_be_visible()
        done = decided("answered", sent_bytes=301, received_bytes=812, status=200, has_answer=True)
        await opened.tell("consent", state(gateway(decided=[done])))
        await expect(opened.text("Answered. 301 bytes sent, 812 bytes came back.")).to_be_visible()
        answer = opened.page.locator(".answer")
        await expect(answer).to_contain_text("Answer from api.example.com, not from your home")
        assert await answer.locator(".text").text_content() == ANSWER
        await expect(opened.button("Approve")).to_be_hidden()


ENDS: Final = (
    ({"fate": "failed", "reason": "certificate"}, "Failed: the service could not prove who it is. Nothing was sent."),
    (
        {"fate": "failed", "reason": "status", "status": 503, "sent_bytes": 300, "received_bytes": 1},
        "Failed: the service did not accept it (HTTP 503). 300 bytes sent, 1 byte came back.",
    ),
    ({"fate": "failed", "reason": "of_tomorrow"}, "Failed: of_tomorrow. Nothing was sent."),
    ({"fate": "refused"}, "Refused. Nothing was sent."),
    ({"fate": "expired"}, "Nobody decided in time. Nothing was sent."),
    ({"fate": "withdrawn"}, "Taken back where it was asked. Nothing was sent."),
    ({"fate": "revoked", "reason": "switched_off"}, "Stopped: cloud requests were switched off. Nothing was sent."),
)


async def test_what_ended_otherwise_cannot_be_decided_any_more(browser: Browser) -> None:
    answers = {"preview": preview(RAW)}
    async with opened_cloud(browser, WAITS, request=REQUEST, answers=answers) as opened:
        await expect(opened.button("Approve")).to_be_visible()
        for fate, told in ENDS:
            await opened.tell("consent", state(gateway(decided=[decided(**fate)])))
            await expect(opened.text(told)).to_be_visible()
            await expect(opened.button("Approve")).to_be_hidden()
            await expect(opened.button("Refuse")).to_be_hidden()


async def test_a_refusal_is_as_easy_and_says_no_more_than_which(browser: Browser) -> None:
    answers = {"preview": preview(RAW), "refuse": {}}
    async with opened_cloud(browser, gateway(**WAITS | {"has_pin": True}), request=REQUEST, answers=answers) as opened:
        await can_decide(opened)
        await opened.button("Refuse").click()
        await expect(opened.text("Refused.")).to_be_visible()
    assert opened.asked_for("consent/refuse") == [
        {"type": "local_voice/consent/refuse", "entry_id": ENTRY, "request_id": REQUEST}
    ]


@pytest.mark.parametrize(("theme", "width"), [("light", 1_000), ("dark", NARROW)])
async def test_both_buttons_weigh_the_same_and_all_fits_on_the_screen(
    browser: Browser, theme: Theme, width: int
) -> None:
    raw = text_request("a" * 500 + QUESTION * 10)
    answers = {"preview": preview(raw, replaced=[{"placeholder": "[device 1]", "original": "b" * 200}])}
    shows = gateway(waiting=[waiting(size_bytes=len(raw))], has_pin=True)
    async with opened_cloud(browser, shows, request=REQUEST, answers=answers, width=width, theme=theme) as opened:
        await can_decide(opened)
        sizes, styles = [], []
        for name in ("Approve", "Refuse"):
            box = await opened.button(name).bounding_box()
            assert box is not None
            sizes.append((box["width"], box["height"], box["y"]))
            styles.append(
                await opened.button(name).evaluate(
                    "e => JSON.stringify([...getComputedStyle(e)].map(n => [n, getComputedStyle(e)[n]])"
                    ".filter(([n]) => !/origin|inline-size|^width/.test(n)))"
                )
            )
            assert await opened.button(name).get_attribute("autofocus") is None
            assert await opened.button(name).get_attribute("type") == "button"
        assert sizes[0] == sizes[1]
        assert styles[0] == styles[1]
        assert await opened.fits()
        assert await opened.focused == "May this be sent?"
        await opened.picture(f"consent-{theme}-{width}")


async def test_nothing_can_be_decided_before_the_bytes_are_on_the_screen(browser: Browser) -> None:
    coming: asyncio.Future[Words] = asyncio.get_running_loop().create_future()
    async with opened_cloud(browser, WAITS, request=REQUEST, answers={"preview": coming, "approve": {}}) as opened:
        await expect(opened.text("Fetching the exact bytes")).to_be_visible()
        await expect(opened.button("Approve")).to_be_hidden()
        assert await press_all(opened) == 2
        coming.set_result(preview(RAW))
        await shown_bytes(opened).wait_for()
        await opened.page.clock.run_for(DOUBLE_CLICK_MS)
        await expect(opened.button("Approve")).to_be_disabled()
        await press_all(opened)
        await opened.page.clock.run_for(RESTED_MS)
        await expect(opened.button("Approve")).to_be_enabled()
    assert opened.asked_for("consent/approve") == []
    assert opened.asked_for("consent/refuse") == []


ALTERED: Final[tuple[Words, ...]] = (
    {"size_bytes": len(RAW) - 1},
    {"body_at": len(RAW) + 1},
    {"request_id": "0" * 32},
    {"marker": "{{another}}"},
    {"marker": "Content-"},  # is there twice
    {"bytes": "no base 64"},
    {"content": "audio", "audio_at": len(RAW) - 10, "audio_bytes": 10},
    {"content": "audio", "audio_at": 10, "audio_bytes": 100},
    {"content": "audio", "audio_at": len(RAW) - 10, "audio_bytes": 100},
)


async def test_what_is_not_what_it_says_it_is_cannot_be_approved(browser: Browser) -> None:
    async with opened_cloud(browser, WAITS, request=REQUEST, answers={"preview": preview(RAW, **ALTERED[0])}) as opened:
        for number, words in enumerate((*ALTERED[1:], {}), start=1):
            await expect(opened.text("not what it says it is")).to_be_visible()
            await expect(opened.button("Approve")).to_be_hidden()
            await expect(shown_bytes(opened)).to_have_count(0)
            await press_all(opened)
            assert len(opened.asked_for("consent/preview")) == number
            opened.answers["consent/preview"] = preview(RAW, **words)
            await opened.button("Fetch it again").click()
        await can_decide(opened)
    assert opened.asked_for("consent/approve") == []


async def test_after_an_error_of_the_gateways_the_bytes_are_fetched_anew(browser: Browser) -> None:
    second = preview(RAW, nonce="ef" * 16)
    answers: Answers = {"preview": preview(RAW), "approve": AskError("not_shown", "another nonce")}
    async with opened_cloud(browser, WAITS, request=REQUEST, answers=answers) as opened:
        await can_decide(opened)
        await opened.button("Approve").click()
        await expect(opened.text("It was shown anew since")).to_be_visible()
        await expect(opened.button("Approve")).to_be_hidden()
        await expect(shown_bytes(opened)).to_have_count(0)
        opened.answers |= {"consent/preview": second, "consent/approve": {}}
        await opened.button("Fetch it again").click()
        await can_decide(opened)
        await opened.button("Approve").click()
        await expect(opened.text("Approved.")).to_be_visible()
    assert [asked["nonce"] for asked in opened.asked_for("consent/approve")] == ["cd" * 16, "ef" * 16]


async def test_other_requests_that_come_do_not_take_the_place_of_the_one_that_is_open(browser: Browser) -> None:
    answers: Answers = {"preview": preview(RAW), "approve": {}}
    async with opened_cloud(browser, WAITS, request=REQUEST, answers=answers) as opened:
        await can_decide(opened)
        other = waiting(request_id="0" * 32, destination_id="other")
        await opened.tell("consent", state(gateway(**WAITS | {"waiting": [other, *WAITS["waiting"]]})))
        await opened.button("Approve").click()
        await expect(opened.text("Approved.")).to_be_visible()
    assert [asked["request_id"] for asked in opened.asked_for("consent/approve")] == [REQUEST]
    assert len(opened.asked_for("consent/preview")) == 1


async def test_a_pin_is_asked_for_sent_along_and_forgotten(browser: Browser) -> None:
    shows = gateway(**WAITS | {"has_pin": True})
    answers: Answers = {"preview": preview(RAW), "approve": AskError("wrong_pin", "no")}
    async with opened_cloud(browser, shows, request=REQUEST, answers=answers) as opened:
        await can_decide(opened)
        pin = opened.page.get_by_label("PIN of this gateway")
        assert await pin.get_attribute("type") == "password"
        await opened.button("Approve").click()
        await expect(opened.text("Type the PIN first.")).to_be_visible()
        await expect(pin).to_be_focused()
        assert opened.asked_for("consent/approve") == []
        await pin.fill("1111")
        await pin.press("Enter")
        assert opened.asked_for("consent/approve") == [], "there is no default"
        await opened.button("Approve").click()
        await expect(opened.text("This PIN is not right. Nothing was sent.")).to_be_visible()
        await expect(pin).to_have_value("")
        opened.answers["consent/approve"] = {}
        await pin.fill("2468")
        await opened.button("Approve").click()
        await expect(opened.text("Approved.")).to_be_visible()
    assert [asked["pin"] for asked in opened.asked_for("consent/approve")] == ["1111", "2468"]


async def test_the_time_that_is_left_runs_down_and_then_nothing_can_be_approved(browser: Browser) -> None:
    shows = gateway(waiting=[waiting(size_bytes=len(RAW), left_s=65)])
    async with opened_cloud(browser, shows, request=REQUEST, answers={"preview": preview(RAW, left_s=65)}) as opened:
        await shown_bytes(opened).wait_for()
        timer = opened.page.get_by_role("timer").first
        await expect(timer).to_have_text("1:05 left")
        await opened.page.clock.run_for(5_000)
        await expect(timer).to_have_text("1:00 left")
        await expect(opened.button("Approve")).to_be_enabled()
        await opened.page.clock.run_for(61_000)
        await expect(timer).to_have_text("0:00 left")
        await expect(opened.text("Time is up.")).to_be_visible()
        await expect(opened.button("Approve")).to_be_disabled()
        await press_all(opened)
    assert opened.asked_for("consent/approve") == []


async def test_all_of_it_works_by_keyboard(browser: Browser) -> None:
    answers = {"preview": preview(RAW), "approve": {}}
    async with opened_cloud(browser, WAITS, answers=answers) as opened:
        look = opened.button("Look at it: Text, Kitchen satellite")
        await look.wait_for()
        await opened.page.get_by_role("link", name="Trust").focus()
        await opened.page.keyboard.press("Tab")
        await expect(look).to_be_focused()
        await opened.page.keyboard.press("Enter")
        await opened.page.keyboard.press("Enter")  # as a finger that is heavy does
        await shown_bytes(opened).wait_for()
        assert await opened.focused == "May this be sent?"
        await can_decide(opened)
        await opened.page.keyboard.press("Tab")
        await expect(opened.button("Refuse")).to_be_focused()
        await opened.page.keyboard.press("Tab")
        await expect(opened.button("Approve")).to_be_focused()
        await opened.page.keyboard.press("Enter")
        await expect(opened.text("Approved.")).to_be_visible()
        assert await opened.focused == "May this be sent?", "not nowhere: its button is gone"
        await opened.page.go_back()
        await expect(opened.text("Waiting for a person")).to_be_visible()
        assert await opened.focused == "Waiting for a person"
    assert len(opened.asked_for("consent/approve")) == 1


async def test_contents_are_shown_and_never_run(browser: Browser) -> None:
    evil = "\u202eevil\u2066\u200b\x1b[31m\x07\u00a0\u3164\U000e0041"
    raw = text_request(HOSTILE).replace(b"<script>", b"<script>" + evil.encode() + b"\xff\xc0\xaf\xed\xa0\x80")
    raw = raw[: raw.index(b"Content-Length")] + raw[raw.index(b"Connection") :]
    to = destination(host=HOSTILE, path=HOSTILE, model=f"small\u202e{HOSTILE}")
    shows = gateway(
        name=HOSTILE,
        destinations=[to],
        waiting=[waiting(size_bytes=len(raw), satellite_name=f"Kitchen\u202e {HOSTILE}")],
        decided=[decided("answered", request_id="1" * 32, sent_bytes=1, has_answer=True, satellite_name=HOSTILE)],
    )
    words = preview(raw, destination=to, replaced=[{"placeholder": "[person 1]", "original": HOSTILE + "\x07"}])
    answers = {"preview": words, "answer": {"text": f"{HOSTILE}\u202e"}}
    async with opened_cloud(browser, shows, answers=answers) as opened:
        await opened.button("Show answer").click()
        assert await opened.page.locator(".answer .text").text_content() == f"{HOSTILE}[U+202E]"
        await opened.page.get_by_role("button", name="Look at it").click()
        marks = "".join(await opened.page.locator("pre .mark").all_text_contents())
        assert marks == ("[U+202E][U+2066][U+200B]␛␇[U+00A0][U+3164][U+E0041]" r"\xff\xc0\xaf\xed\xa0\x80")
        shown = await shown_bytes(opened).text_content() or ""
        assert HOSTILE[:40] in shown
        assert not set(shown) & set(evil) - set("evil[31m")
        for tag in ("img", "script"):
            assert await opened.page.locator(f"local-voice-opened {tag}").count() == 0
        assert await opened.page.locator("dd .mark").all_text_contents() == ["[U+202E]"] * 2


async def test_a_mark_that_somebody_has_said_is_not_taken_for_one_of_ours(browser: Browser) -> None:
    raw = text_request(f"{MARKER} [U+202E] ␛")
    async with opened_cloud(
        browser,
        gateway(waiting=[waiting(size_bytes=len(raw))]),
        request=REQUEST,
        answers={"preview": preview(raw)},
    ) as opened:
        await can_decide(opened)
        assert await shown_bytes(opened).text_content() == shown_as(raw)
        await expect(opened.page.locator("pre .key")).to_have_count(1)
        await expect(opened.page.locator("pre .mark")).to_have_count(0)


@pytest.mark.parametrize("piece", ["a plain word ", "\u202e"])
async def test_half_a_megabyte_is_shown_to_the_last_byte(browser: Browser, piece: str) -> None:
    raw = text_request("x").replace(b'"x"', b'"' + (piece * (500_000 // len(piece.encode()))).encode() + b'END"')
    shows = gateway(waiting=[waiting(size_bytes=len(raw))])
    begun_s = time.monotonic()
    async with opened_cloud(browser, shows, request=REQUEST, answers={"preview": preview(raw)}) as opened:
        await can_decide(opened)
        assert (time.monotonic() - begun_s) * 1_000 < MOST_MS
        text = await shown_bytes(opened).text_content() or ""
        assert text.endswith('END"}]}')
        assert len(text) >= 500_000 // len(piece.encode())
        await opened.button("Approve").scroll_into_view_if_needed()


async def test_sound_can_be_played_and_everything_around_it_read(browser: Browser) -> None:
    to = destination(kind="transcription", path="/v1/audio/transcriptions", model="hear-1", is_local=True)
    there = Destination(
        id=to["id"],
        kind=Kind.TRANSCRIPTION,
        host=to["host"],
        port=to["port"],
        path=to["path"],
        model=to["model"],
        is_local=True,
        key="k",
        key_version=1,
        added_at=to["added_at"],
    )
    pcm = bytes(range(256)) * 188
    outgoing = audio_request(there, pcm, language="en")
    raw, at = outgoing.raw, outgoing.audio_at
    wav = raw[at : at + outgoing.audio_bytes]
    words = preview(raw, content="audio", destination=to, audio_at=at, audio_bytes=len(wav))
    shows = gateway(destinations=[to], waiting=[waiting(content="audio", size_bytes=len(raw))])
    async with opened_cloud(browser, shows, request=REQUEST, answers={"preview": words}, width=NARROW) as opened:
        await can_decide(opened)
        around = f"{shown_as(raw[:at])}[{len(wav):,} bytes of sound, below]{shown_as(raw[at + len(wav) :])}"
        assert await shown_bytes(opened).text_content() == around
        await expect(opened.text("A voice cannot be made anonymous")).to_be_visible()
        await expect(opened.text("it is on the home's own network")).to_be_visible()
        await expect(opened.text("The sound, 1.5 seconds")).to_be_visible()
        audio = opened.page.locator("audio")
        played = await audio.evaluate("async e => { await e.play(); return [e.duration, e.controls, e.autoplay] }")
        assert played == [len(pcm) / 32_000, True, False]
        got = await audio.evaluate("async e => [...new Uint8Array(await (await fetch(e.src)).arrayBuffer())]")
        assert bytes(got) == wav
        await opened.picture("consent-audio")
        address = await audio.get_attribute("src")
        await opened.button("All requests").click()
        await expect(audio).to_have_count(0)
        left = await opened.page.evaluate("src => fetch(src).then(() => 'kept', () => 'forgotten')", address)
        assert left == "forgotten"
        opened.complaints.clear()  # of the fetch that has just failed
