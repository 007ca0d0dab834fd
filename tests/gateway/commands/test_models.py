import argparse
import json
from pathlib import Path

import pytest

from gateway.commands import models
from gateway.errors import ModelError
from gateway.models import registered_models


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path / "data" / "local-voice" / "models"


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    models.register(parser.add_subparsers())
    args = parser.parse_args(["models", *arguments])
    code = args.run(args)
    assert isinstance(code, int)
    return code


def test_list_shows_every_model_on_a_line_of_its_own(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    assert run("list") == 0
    lines = capsys.readouterr().out.splitlines()
    for model in registered_models():
        assert sum(line.startswith(f"{model.name} ") for line in lines) == 1
    assert next(line for line in lines if line.startswith("base ")).rstrip().endswith("not installed")
    assert max(map(len, lines)) <= 80
    assert not data.exists()


def test_list_as_json_says_where_each_lies(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--json") == 0
    listed = {model["name"]: model for model in json.loads(capsys.readouterr().out)}
    assert list(listed) == [model.name for model in registered_models()]
    assert Path(listed["tiny.en"]["path"], "model.bin").stat().st_size < listed["tiny.en"]["bytes"]
    assert listed["base"]["path"] is None
    assert listed["okay_nabu-second"]["licence"] == "CC-BY-NC-SA-4.0"


def test_verify_says_that_what_is_installed_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", "silero-v6") == 0
    assert capsys.readouterr().out == "silero-v6: whole (885.1 kB)\n"


def test_an_added_model_is_listed_and_verified_and_its_damage_is_told(
    capsys: pytest.CaptureFixture[str], data: Path
) -> None:
    assert run("add", "alexa") == 0
    assert capsys.readouterr().out == "alexa: 56.2 kB in ~/data/local-voice/models/alexa\n"
    run("list")
    assert "~/data/" in capsys.readouterr().out
    assert run("verify") == 0
    (data / "alexa" / "alexa.tflite").write_bytes(b"")
    assert run("verify") == 2
    said = capsys.readouterr().out
    assert f"alexa: {data}/alexa/alexa.tflite: damaged: it has 0 bytes and should have 55856" in said
    assert "get it anew: local-voice models add alexa\n" in said


def test_a_model_of_ones_own_is_added_with_its_words(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, data: Path
) -> None:
    (tmp_path / "own.bin").write_bytes(b"own")
    run("add", "own", "--from", str(tmp_path / "own.bin"), "--kind", "vad", "--language", "de", "--licence", "MIT")
    capsys.readouterr()
    run("list", "--json")
    own = json.loads(capsys.readouterr().out)[-1]
    assert own == {
        "name": "own",
        "kind": "vad",
        "about": "",
        "languages": ["de"],
        "bytes": 3,
        "licence": "MIT",
        "upstream": "",
        "path": str(data / "own"),
    }
    run("list")
    assert "own                vad         de" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [("verify", "nose"), ("add", "nose"), ("add", "tiny.en", "--from", "/nowhere")])
def test_what_cannot_be_done_is_raised_for_the_program_to_say(arguments: tuple[str, ...]) -> None:
    with pytest.raises(ModelError):
        run(*arguments)


def test_verify_tells_of_a_model_that_is_not_installed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", "base") == 2
    assert "not installed; add it: local-voice models add base" in capsys.readouterr().out
