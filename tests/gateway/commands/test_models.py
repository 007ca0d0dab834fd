import argparse
import asyncio
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.broker.audit import AuditLog
from gateway.commands import models
from gateway.errors import ConfigError, LinkError, ModelError, VoiceError
from gateway.models import https, registered_models
from gateway.paths import gateway_dir
from tests.gateway.broker.running import locked, running


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
    assert "  tiny.en: good in English" in lines
    assert "  base: good in Spanish, English; fair in French, Italian; weak in German, Dutch" in lines
    assert not data.exists()


def test_of_a_model_that_was_not_measured_no_languages_are_listed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.json"):
        (files / name).write_text(name, encoding="utf-8")
    run("add", "small", "--kind", "stt", "--from", str(files))
    run("list")
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("small ") for line in lines)
    assert not any(line.startswith("  small") for line in lines)


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


# What is fetched is written down before


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Put a server in the internet's place; return what it is asked for."""
    asked: list[str] = []

    def chunks(address: str, _: int) -> Iterator[bytes]:
        asked.append(address)
        yield b"own"

    monkeypatch.setattr(https, "chunks", chunks)
    return asked


DOWNLOAD = ("add", "own", "--from", "https://user:secret@example.org:8443/a/own.bin?token=x", "--kind", "vad")
SHA256 = ("--sha256", hashlib.sha256(b"own").hexdigest())


def downloads() -> list[dict[str, Any]]:
    with closing(AuditLog(gateway_dir())) as log:
        rows = [json.loads(row) for row in log.rows(0, 100)]
    return [row for row in rows if row["action"] == "download"]


def test_a_download_is_in_the_audit_log_before_where_no_gateway_runs(
    fetched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    chunks = https.chunks

    def watched(address: str, chunk_bytes: int) -> Iterator[bytes]:
        written.append(len(downloads()))
        return chunks(address, chunk_bytes)

    monkeypatch.setattr(https, "chunks", watched)
    assert run(*DOWNLOAD, *SHA256) == 0
    assert (written, len(fetched)) == ([1], 1)
    (row,) = downloads()
    assert (row["actor"], row["about"], row["detail"]) == ("owner", "own", {"host": "example.org"})


async def test_a_running_gateway_writes_it_down(fetched: list[str]) -> None:
    async with running(gateway_dir()):
        assert await asyncio.to_thread(run, *DOWNLOAD, *SHA256) == 0
    assert len(fetched) == len(downloads()) == 1


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("is_running", [True, False])
async def test_what_cannot_be_written_down_is_not_fetched(is_running: bool, fetched: list[str], data: Path) -> None:
    async def refused(error: type[VoiceError]) -> None:
        with locked(gateway_dir()), pytest.raises(error, match="the audit log cannot be written"):
            await asyncio.to_thread(run, *DOWNLOAD, *SHA256)

    if is_running:
        async with running(gateway_dir()):
            await refused(LinkError)
    else:
        AuditLog(gateway_dir()).close()
        await refused(ConfigError)
    assert (fetched, downloads()) == ([], [])
    assert os.listdir(data) == []  # noqa: PTH208 - names


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "own", "--from", "https://example.org/own.bin", "--kind", "vad"),
        ("add", "own", "--from", "https://example.org/own.bin", *SHA256),
        ("add", "tiny.en", "--from", "https://example.org/model.bin"),
    ],
)
def test_what_is_refused_anyhow_is_neither_written_down_nor_fetched(
    arguments: tuple[str, ...], fetched: list[str]
) -> None:
    with pytest.raises(ModelError):
        run(*arguments)
    assert fetched == []
    assert not gateway_dir().exists()


def test_what_comes_from_the_packages_is_no_download() -> None:
    assert run("add", "alexa") == 0
    assert not gateway_dir().exists()
