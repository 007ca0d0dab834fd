import io
import logging
from collections.abc import Iterator

import pytest
from rich.console import Console

from gateway.errors import AudioError, LinkError
from gateway.satellite.sign import LogSign, TerminalSign

GATEWAY = "192.0.2.1:10870"


@pytest.fixture(autouse=True)
def _at_work(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "local-voice")


def test_the_log_tells_what_lasts_and_never_when_somebody_spoke(caplog: pytest.LogCaptureFixture) -> None:
    sign = LogSign(GATEWAY)
    sign.muted(False)
    sign.connected(again=False)
    sign.listening(True)
    sign.listening(False)
    sign.lost(LinkError("192.0.2.1:10870 is not reached (refused)"))
    sign.connected(again=True)
    sign.muted(True)
    sign.muted(True)
    sign.muted(False)
    sign.sound("speaker", AudioError("no speaker: it is gone"))
    sign.sound("speaker", None)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", "connected to the gateway at 192.0.2.1:10870"),
        ("WARNING", "no connection, trying again: 192.0.2.1:10870 is not reached (refused)"),
        ("INFO", "connected to the gateway at 192.0.2.1:10870 again"),
        ("INFO", "muted: nothing that is said here leaves this program"),
        ("INFO", "not muted any more"),
        ("WARNING", "no speaker: it is gone; trying again in half a minute"),
        ("INFO", "the speaker works again"),
    ]


@pytest.fixture
def terminal() -> Iterator[TerminalSign]:
    with TerminalSign(GATEWAY, Console(file=io.StringIO(), force_terminal=True)) as sign:
        yield sign


def shown(sign: TerminalSign) -> str:
    return str(sign._status.status)


def test_the_terminal_shows_how_it_is_now(terminal: TerminalSign) -> None:
    sign = terminal
    assert "not connected" in shown(sign)
    sign.connected(again=False)
    assert "waiting for the wake word" in shown(sign)
    sign.listening(True)
    assert "● listening" in shown(sign)
    sign.listening(False)
    assert "waiting" in shown(sign)
    sign.muted(True)
    assert "muted" in shown(sign)
    sign.listening(True)
    assert "● listening" not in shown(sign), "nothing is heard of one that is muted"
    sign.lost(LinkError("gone"))
    sign.muted(False)
    assert "not connected" in shown(sign)
    sign.connected(again=True)
    assert "waiting" in shown(sign)


def test_what_is_logged_stands_above_the_sign_and_only_there(caplog: pytest.LogCaptureFixture) -> None:
    out = io.StringIO()
    with TerminalSign(GATEWAY, Console(file=out, force_terminal=True, width=100)) as sign:
        sign.connected(again=False)
    assert out.getvalue().count(f"connected to the gateway at {GATEWAY}") == 1
    assert caplog.records == []


def test_after_its_end_the_log_goes_where_it_went_before(caplog: pytest.LogCaptureFixture) -> None:
    with TerminalSign(GATEWAY, Console(file=io.StringIO(), force_terminal=True)):
        pass
    LogSign(GATEWAY).connected(again=False)
    assert len(caplog.records) == 1
