import signal

import pytest

from gateway.__main__ import COMMANDS, main


def test_help_names_every_command_and_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    said = " ".join(capsys.readouterr().out.split())
    for name, purpose in COMMANDS.items():
        assert f"{name} {purpose}" in said


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_its_options(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"usage: local-voice {name}" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["dance"], ["turn"], ["say", "hello", "--loud"]])
def test_a_command_line_that_means_nothing_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: local-voice" in capsys.readouterr().err


def test_an_error_is_one_line_and_code_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["understand", "turn on the lights", "--area", "Narnia"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("local-voice: home.area: found 'Narnia', ")
    assert said.err.count("\n") == 1


def test_a_sentence_is_understood(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["understand", "turn on the lights", "--area", "kitchen", "--json"]) == 0
    assert '"intent": "HassTurnOn"' in capsys.readouterr().out
    assert main(["understand", "order a pizza"]) == 4


def test_control_c_is_ours_only_while_commands_are_imported() -> None:
    before = signal.getsignal(signal.SIGINT)
    main(["understand", "turn on the lights", "--area", "Narnia"])
    assert signal.getsignal(signal.SIGINT) is before
