import argparse
import asyncio
import io
import re
import stat
import sys
from pathlib import Path

import pytest

from gateway.broker import cloud_store
from gateway.broker.egress import EgressError
from gateway.broker.outgoing import MARKER
from gateway.commands import consent as command
from gateway.errors import ConfigError
from gateway.wire.broker_words import ListPeers, Peers
from gateway.wire.consent_words import (
    AllowCloud,
    AskAnswer,
    AskConsent,
    CloudAnswer,
    ConsentIs,
    DecidedWords,
    WaitingWords,
)
from gateway.wire.messages import Message
from tests.gateway.broker.running import Gateway
from tests.gateway.commands.scripted_owner import scripted
from tests.gateway.commands.waiting_requests import waiting_gateway, wav

SHORT = 8


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud_store, "SCRYPT", {"n": 2, "r": 1, "p": 1, "dklen": 32})
    monkeypatch.setattr(command, "POLL_S", 0.01)
    monkeypatch.setenv("COLUMNS", "120")


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    command.register(parser.add_subparsers())
    args = parser.parse_args(["consent", *arguments])
    code = args.run(args)
    assert isinstance(code, int)
    return code


def typing(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Let a person sit at a terminal, and type this."""
    monkeypatch.setattr(command, "is_at_terminal", lambda: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def waiting(gateway: Gateway) -> list[str]:
    return [request.request_id for request in gateway.broker.consent.state().waiting]


async def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """Return what a command says."""
    capsys.readouterr()
    assert await asyncio.to_thread(run, *arguments) == code
    return capsys.readouterr().out


async def test_what_waits_is_listed_and_what_was_decided(capsys: pytest.CaptureFixture[str]) -> None:
    async with waiting_gateway("who wrote Faust", pcm=bytes(3200)) as (gateway, _):
        text, sound = waiting(gateway)
        heading, first, second = (await said(capsys, "list")).splitlines()
        assert heading.split() == ["id", "what", "asked", "at", "to", "size", "left"]
        assert re.fullmatch(rf"{text[:SHORT]} text +0 +work +\d+ bytes +[45]:\d\d *", first)
        assert re.fullmatch(rf"{sound[:SHORT]} audio +Home Assistant +ears +\d+ bytes +[45]:\d\d *", second)
        out = await said(capsys, "refuse", text[:SHORT])
        assert out == f"Refused: {text}. The same is not asked for again for ten minutes.\n"
        assert await said(capsys, "show", text) == f"{text}: refused; its bytes are kept no longer.\n"
        out = await said(capsys, "list")
        assert re.search(rf"\n\nid .*decided +and *\n{text[:SHORT]} text +0 +work +\d\d:\d\d:\d\d +refused *\n$", out)
        await gateway.broker.consent.allow(AllowCloud(id=1, is_allowed=False), by="owner")
        out = await said(capsys, "list")
        assert out.startswith('Nothing can wait: "Allow cloud requests" is off (`local-voice cloud on`).\nid ')
        assert "revoked: the switch was turned off" in out


async def test_where_nothing_waits_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    async with waiting_gateway():
        assert await said(capsys, "list") == "Nothing waits.\n"


async def test_a_satellite_is_called_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    async with waiting_gateway() as (gateway, _):
        satellite = await gateway.paired(name="Kitchen")
        gateway.broker.consent.propose_text(satellite.peer_id, "who wrote Faust", ())
        assert " Kitchen " in await said(capsys, "list")
        assert "asked:  Kitchen, " in await said(capsys, "show", waiting(gateway)[0])


async def test_the_exact_bytes_are_shown_without_the_key(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    async with waiting_gateway("is the Lamp on \x1b[2J") as (gateway, _):
        request_id = waiting(gateway)[0]
        raw = tmp_path / "raw"
        out = await said(capsys, "show", request_id, "--raw", str(raw))
        assert "to:     https://api.example/v1/chat/completions (in the cloud)\n" in out
        assert f"Authorization: Bearer {MARKER}\n" in out
        assert "stays:  Lamp, it says [device 1] instead\n" in out
        assert "is the [device 1] on" in out
        assert "\x1b" not in out
        assert "hidden" not in out
        content = raw.read_bytes()
        assert stat.S_IMODE(raw.stat().st_mode) == 0o600
        assert f"Written: {raw}, {len(content)} bytes, readable by you alone.\n" in out
        assert gateway.broker.consent._waiting.get(request_id).outgoing.raw == content
        with pytest.raises(ConfigError, match="there is no sound in"):
            await asyncio.to_thread(run, "show", request_id, "--save", str(tmp_path / "no.wav"))


async def test_sound_is_saved_to_be_listened_to(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    async with waiting_gateway(pcm=bytes(32_000 * 3)) as (gateway, _):
        path = tmp_path / "what.wav"
        out = await said(capsys, "show", waiting(gateway)[0][:4], "--save", str(path))
        assert "<a WAV file of 96044 bytes, 3.0 s long; --save FILE writes it>\n" in out
        assert path.read_bytes() == wav(3.0)


async def test_a_yes_sends_what_was_shown_once_and_the_answer_is_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with waiting_gateway("who wrote Faust") as (gateway, cloud):
        request_id = waiting(gateway)[0]
        raw = gateway.broker.consent._waiting.get(request_id).outgoing.raw
        typing(monkeypatch, "yes\n")
        out = await said(capsys, "approve", request_id[:SHORT])
        assert cloud.sent == [raw.replace(MARKER.encode(), b"sk-hidden")]
        assert out.index("who wrote Faust") < out.index("Send exactly this? Type yes: ")
        end = out.partition("Type yes: ")[2]
        assert end.splitlines() == [
            "Approved, and being sent to api.example.",
            f"Sent and answered; {len(cloud.sent[0])} bytes left the home.",
            "work says:",
            r"A\x1b[31m.",
        ]
        assert "hidden" not in out
        with pytest.raises(ConfigError, match=f"{request_id} waits no more: sent and answered"):
            await asyncio.to_thread(run, "approve", request_id)
        out = await said(capsys, "show", request_id)
        assert out.startswith(f"{request_id}: sent and answered; its bytes are kept no longer.\nwork says:\n")
        with pytest.raises(ConfigError, match="its bytes are kept no longer"):
            await asyncio.to_thread(run, "show", request_id, "--raw", "/nowhere")
        assert len(cloud.sent) == 1


@pytest.mark.parametrize("answer", ["", "y\n", "no\n", "yes, but\n"])
async def test_anything_but_yes_sends_nothing(
    answer: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with waiting_gateway("who wrote Faust") as (gateway, cloud):
        typing(monkeypatch, answer)
        out = await said(capsys, "approve", waiting(gateway)[0], code=command.NOT_APPROVED)
        assert out.endswith("Nothing is sent. It waits until its time is over, or until it is refused.\n")
        assert (len(cloud.sent), len(waiting(gateway))) == (0, 1)


async def test_a_program_cannot_say_yes_where_nobody_sees_the_request() -> None:
    async with waiting_gateway("who wrote Faust") as (gateway, cloud):
        with pytest.raises(ConfigError, match="a person has to see the request; run it in a terminal"):
            await asyncio.to_thread(run, "approve", waiting(gateway)[0])
        assert not cloud.sent


async def test_where_there_is_a_pin_it_is_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with waiting_gateway("who wrote Faust", pin="4711") as (gateway, cloud):
        request_id = waiting(gateway)[0]
        typing(monkeypatch, "yes\n0815\n")
        with pytest.raises(ConfigError, match="that is not the PIN"):
            await asyncio.to_thread(run, "approve", request_id)
        assert not cloud.sent
        typing(monkeypatch, "yes\n4711\n")
        assert "work says:" in await said(capsys, "approve", request_id)


async def test_a_send_that_fails_says_why(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    async with waiting_gateway("who wrote Faust") as (gateway, cloud):
        cloud.answer = EgressError("status", "it refused", status=429)
        typing(monkeypatch, "yes\n")
        out = await said(capsys, "approve", waiting(gateway)[0], code=command.NOT_ANSWERED)
        assert f"Failed: it refused (HTTP status 429); {len(cloud.sent[0])} bytes left the home.\n" in out
        assert "work says" not in out


async def test_what_takes_too_long_is_left_to_the_list(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "OUTCOME_S", 0.05)
    async with waiting_gateway("who wrote Faust") as (gateway, cloud):
        held = asyncio.Event()

        async def hold(*_: object) -> None:
            await held.wait()

        monkeypatch.setattr(type(cloud), "send", hold)
        typing(monkeypatch, "yes\n")
        out = await said(capsys, "approve", waiting(gateway)[0], code=command.NOT_ANSWERED)
        assert out.endswith("It is not known yet what became of it; `local-voice consent list` will tell.\n")
        assert "being sent" in await said(capsys, "list")


async def test_an_id_that_means_none_is_refused() -> None:
    async with waiting_gateway("who wrote Faust") as (gateway, _):
        for wanted in ("", "x", f"{waiting(gateway)[0]}0"):
            with pytest.raises(ConfigError, match="there is no request"):
                await asyncio.to_thread(run, "show", wanted)


async def test_the_beginning_of_two_ids_is_not_enough() -> None:
    two = tuple(
        WaitingWords(
            request_id=request_id,
            satellite_id="",
            content="text",
            destination_id="work",
            size_bytes=9,
            asked_at="",
            left_s=9,
        )
        for request_id in ("ab1", "ab2")
    )
    async with scripted(lambda _: [ConsentIs(is_allowed=True, has_pin=False, waiting=two)]) as asked:
        with pytest.raises(ConfigError, match="2 requests begin with 'ab'; give more of the id"):
            await asyncio.to_thread(run, "refuse", "ab")
    assert asked == [AskConsent()]


async def test_what_a_newer_gateway_says_is_shown_as_it_says_it(capsys: pytest.CaptureFixture[str]) -> None:
    decided = DecidedWords(
        request_id="abcd",
        satellite_id="0" * 32,
        content="text",
        destination_id="work",
        decided_at="some day",
        fate="pondered",
        reason="too_deep",
        has_answer=True,
    )

    def answers(message: Message) -> list[Message]:
        match message:
            case AskAnswer():
                return [CloudAnswer(id=1, error="not_known")]
            case ListPeers():
                return [Peers(peers=())]
            case _:
                return [ConsentIs(is_allowed=True, has_pin=False, decided=(decided,))]

    async with scripted(answers):
        out = await said(capsys, "list")
        assert out.splitlines()[0] == "Nothing waits."
        assert out.splitlines()[2].split() == [
            "abcd",
            "text",
            "00000000",
            "work",
            "some",
            "day",
            "pondered:",
            "too_deep",
        ]
        with pytest.raises(ConfigError, match="not_known"):
            await asyncio.to_thread(run, "show", "abcd")
