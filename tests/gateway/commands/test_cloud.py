import argparse
import asyncio
import io
import json
import sys
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from gateway.broker import cloud_store
from gateway.broker.audit import AuditLog
from gateway.broker.cloud_store import CloudStore
from gateway.broker.destination import Kind
from gateway.commands import cloud as command
from gateway.errors import ConfigError, LinkError
from gateway.paths import gateway_dir
from gateway.wire.consent_words import AskConsent, ConsentDone, ConsentIs
from gateway.wire.messages import Message
from tests.gateway.broker.certificates import authority_pem
from tests.gateway.broker.running import running
from tests.gateway.commands.scripted_owner import scripted


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud_store, "SCRYPT", {"n": 2, "r": 1, "p": 1, "dklen": 32})


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    command.register(parser.add_subparsers())
    args = parser.parse_args(["cloud", *arguments])
    code = args.run(args)
    assert isinstance(code, int)
    return code


def typing(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return what a command says that goes well."""
    assert run(*arguments) == 0
    return capsys.readouterr().out


def rows() -> list[tuple[str, dict[str, object]]]:
    with closing(AuditLog(gateway_dir())) as log:
        found = [json.loads(row) for row in log.rows(0, 50)]
    return [(row["about"], row["detail"]) for row in found]


ADD = ("add", "work", "https://api.example/v1", "--model", "m-1")


def test_at_first_there_is_nowhere_to_send_anything(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "list") == (
        'No destination; `local-voice cloud add` adds one.\n"Allow cloud requests": off\nPIN: none\n'
    )
    assert not gateway_dir().exists()


def test_a_destination_is_added_and_its_key_never_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typing(monkeypatch, "  sk-hidden \n")
    out = said(capsys, *ADD)
    assert out.splitlines() == [
        "Added: work, chat at api.example (in the cloud), model m-1.",
        'This sends nothing: "Allow cloud requests" is off (`local-voice cloud on`), and each',
        "request waits for a yes of its own, by a person who has seen its bytes.",
    ]
    stored = CloudStore(gateway_dir()).get("work")
    assert stored is not None
    assert (stored.key, stored.kind, stored.path) == ("sk-hidden", Kind.CHAT, "/v1/chat/completions")
    heading, line, *_ = said(capsys, "list").splitlines()
    assert heading.split() == ["name", "kind", "host", "model", "local", "key", "added"]
    assert line.split() == ["work", "chat", "api.example", "m-1", "no", "yes", stored.added_at[:10]]
    assert rows() == [
        ("destination:work", {"change": "added", "host": "api.example", "kind": "chat", "local": False}),
    ]


def test_a_service_at_home_may_want_no_key_and_have_an_authority_of_its_own(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pem = tmp_path / "ca.pem"
    pem.write_text(authority_pem(with_key=True), encoding="ascii")
    arguments = ("add", "nas", "https://[fd00::5]:8443", "--model", "w", "--kind", "transcription", "--local")
    out = said(capsys, *arguments, "--no-key", "--ca", str(pem))
    assert out.startswith("Added: nas, transcription at [fd00::5]:8443 (at home), model w.\n")
    stored = CloudStore(gateway_dir()).get("nas")
    assert stored is not None
    assert (stored.key, stored.is_local) == ("", True)
    assert stored.ca.startswith("-----BEGIN CERTIFICATE-----")
    assert "PRIVATE" not in stored.ca
    assert "nas  transcription [fd00::5]:8443 w     yes   no" in said(capsys, "list")


def test_the_same_name_again_replaces_it_and_where_the_switch_is_on_that_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typing(monkeypatch, "sk-1\nsk-2\n")
    run(*ADD)
    assert "There is no way to say yes to all of them.\n" in said(capsys, "on")
    assert said(capsys, *ADD).splitlines() == [
        "Replaced: work, chat at api.example (in the cloud), model m-1.",
        'This sends nothing: "Allow cloud requests" is on, and each',
        "request waits for a yes of its own, by a person who has seen its bytes.",
    ]
    stored = CloudStore(gateway_dir()).get("work")
    assert stored is not None
    assert (stored.key, stored.key_version) == ("sk-2", 2)


@pytest.mark.parametrize(
    ("arguments", "text", "why"),
    [
        (("add", "work", "http://api.example", "--model", "m"), "key\n", "not of the form https://"),
        (ADD, "", "no key was typed, nothing is added; --no-key is for a service that wants none"),
        (ADD, "two words\n", "printable ASCII characters without spaces"),
        ((*ADD, "--ca", "/nowhere/ca.pem"), "key\n", "--ca /nowhere/ca.pem: there is no such file"),
        ((*ADD, "--ca", "/dev/zero"), "key\n", "more than 262144 bytes"),
    ],
)
def test_what_cannot_be_added_is_not(
    arguments: tuple[str, ...], text: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    typing(monkeypatch, text)
    with pytest.raises(ConfigError) as refused:
        run(*arguments)
    assert why in str(refused.value)
    assert not gateway_dir().exists()


def test_where_the_machines_service_may_not_leave_home_it_is_said_how_it_may(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "is_kept_at_home", lambda folder: folder == gateway_dir())
    typing(monkeypatch, "sk-1\n")
    assert said(capsys, *ADD).endswith(f"{command.FILTERED}\n")
    assert "service install" not in said(capsys, *ADD, "--local", "--no-key")


def test_a_destination_is_removed_with_its_key(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError, match="there is no destination 'work'; there are none"):
        run("remove", "work")
    run(*ADD, "--no-key")
    with pytest.raises(ConfigError, match="there is no destination 'wok'; there are: work"):
        run("remove", "wok")
    capsys.readouterr()
    assert said(capsys, "remove", "work") == "Removed: work, and its key. What waited for it is not sent.\n"
    assert CloudStore(gateway_dir()).destinations == ()
    assert rows()[-1] == ("destination:work", {"change": "removed"})


def test_the_switch_is_turned(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "on").endswith("There is nowhere to send one to yet: `local-voice cloud add`.\n")
    assert '"Allow cloud requests": on\n' in said(capsys, "list")
    assert said(capsys, "off") == '"Allow cloud requests" is off: nothing is asked for, and nothing is sent.\n'
    assert not CloudStore(gateway_dir()).is_allowed
    assert rows() == [("cloud", {"allowed": True}), ("cloud", {"allowed": False})]


def test_a_pin_is_typed_twice_at_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "is_at_terminal", lambda: True)
    typing(monkeypatch, "1234\n1235\n")
    with pytest.raises(ConfigError, match="two different PINs; nothing is changed"):
        run("pin")
    typing(monkeypatch, "1234\n1234\n")
    assert said(capsys, "pin") == "From now on each approval takes the PIN.\n"
    assert CloudStore(gateway_dir()).is_pin("1234")
    assert "PIN: each approval takes it\n" in said(capsys, "list")
    assert said(capsys, "pin", "--remove") == "Approvals take no PIN any more.\n"
    assert not CloudStore(gateway_dir()).has_pin
    assert rows() == [("pin", {"set": True}), ("pin", {"set": False})]


def test_a_script_gives_the_pin_once_and_a_short_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    typing(monkeypatch, "123\n4711\n")
    with pytest.raises(ConfigError, match="a PIN has 4 to 32 characters"):
        run("pin")
    assert run("pin") == 0
    assert CloudStore(gateway_dir()).is_pin("4711")


async def test_a_running_gateway_does_it_and_says_what_has_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typing(monkeypatch, "sk-1\n1234\n")
    async with running(gateway_dir()) as gateway:
        for arguments in (ADD, ("on",), ("pin",)):
            assert await asyncio.to_thread(run, *arguments) == 0
        state = gateway.broker.consent.state()
        assert (state.is_allowed, state.has_pin, len(state.destinations)) == (True, True, 1)
        capsys.readouterr()
        assert await asyncio.to_thread(run, "list") == 0
        assert capsys.readouterr().out.endswith(f"Left the home in {state.month}: 0 bytes\n")
        told = msgspec.structs.replace(
            state, month="2026-11", sent_bytes=712, sent_days={"2026-11-02": 612, "2026-11-22": 100}
        )
        with monkeypatch.context() as patched:
            patched.setattr(gateway.broker.consent, "state", lambda: told)
            assert await asyncio.to_thread(run, "list") == 0
        said = "Left the home in 2026-11: 712 bytes\n  2026-11-02: 612 bytes\n  2026-11-22: 100 bytes\n"
        assert capsys.readouterr().out.endswith(said)
        assert await asyncio.to_thread(run, "off") == 0
        assert await asyncio.to_thread(run, "remove", "work") == 0
        assert gateway.broker.consent.state().destinations == ()


async def test_what_a_gateway_does_not_do_is_said() -> None:
    def answers(message: Message) -> list[Message]:
        if isinstance(message, AskConsent):
            return [ConsentIs(is_allowed=False, has_pin=False)]
        return [ConsentDone(id=1, error="not_stored", message="make room on the disk")]

    async with scripted(answers) as asked:
        with pytest.raises(ConfigError, match="make room on the disk"):
            await asyncio.to_thread(run, "on")
        with pytest.raises(ConfigError, match="make room on the disk"):
            await asyncio.to_thread(run, *ADD, "--no-key")
    assert [type(message).__name__ for message in asked] == ["AllowCloud", "AskConsent", "AddDestination"]


async def test_a_gateway_that_answers_something_else_is_not_understood() -> None:
    async with scripted(lambda _: [ConsentDone(id=1)]):
        with pytest.raises(LinkError, match="the gateway answered out of order"):
            await asyncio.to_thread(run, "list")
