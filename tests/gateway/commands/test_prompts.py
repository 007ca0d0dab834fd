import io
import os
import pty
import subprocess
import sys

import pytest

from gateway.commands import prompts

ASKING = "from gateway.commands.prompts import secret; print(secret('Key: ')[::-1])"
DEADLINE_S = 20.0


def test_what_is_typed_at_a_terminal_is_not_shown() -> None:
    outer, inner = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-c", ASKING], stdin=inner, stdout=inner, stderr=inner, start_new_session=True
    )
    os.close(inner)
    shown = b""
    while b"Key: " not in shown:
        shown += os.read(outer, 1024)
    os.write(outer, b"abcde\n")
    while b"edcba" not in shown:
        shown += os.read(outer, 1024)
    program.wait(DEADLINE_S)
    os.close(outer)
    assert b"abcde" not in shown


def test_without_a_terminal_it_is_a_line_of_the_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("first\r\nsecond"))
    assert [prompts.secret("Key: ") for _ in range(3)] == ["first", "second", ""]
    assert not prompts.is_at_terminal()


def test_a_line_has_an_end_even_where_the_input_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("x" * 10_000))
    assert len(prompts.secret("Key: ")) == prompts.LONGEST_LINE_CHARS


def test_the_end_of_the_input_is_no_answer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def ended(_: str) -> str:
        raise EOFError

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(prompts, "getpass", ended)
    assert prompts.secret("Key: ") == ""
    assert prompts.typed("Sure? ") == ""
    assert capsys.readouterr().out == "Sure? "
