import logging
import stat
from pathlib import Path

import pytest

from gateway.config import Config
from gateway.errors import ConfigError
from gateway.offer import Offer, SettingsChange, Voice
from gateway.settings_file import LARGEST_BYTES, NAME, SettingsFile, told

OFFER = Offer(
    language="en",
    stt_models=("tiny.en", "base"),
    voices=(Voice(id="espeak-de", name="German", language="de"),),
    wake_words=(),
    settings=Config().settings,
)


def test_without_a_file_nothing_was_chosen(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert SettingsFile(tmp_path / "none").chosen == SettingsChange()
    assert not caplog.records


def test_choices_survive_a_restart_the_latest_of_each(tmp_path: Path) -> None:
    folder = tmp_path / "gateway"
    file = SettingsFile(folder)
    file.add(SettingsChange(voice="espeak-de", wake_words=("alexa", "okay_nabu")))
    file.add(SettingsChange(voice="joe", wake_sensitivity=0))
    expected = SettingsChange(voice="joe", wake_words=("alexa", "okay_nabu"), wake_sensitivity=0)
    assert file.chosen == SettingsFile(folder).chosen == expected
    assert stat.S_IMODE((folder / NAME).stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == [NAME]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"voice": 3}',
        b'{"wake_words": "alexa"}',
        b"\xff\xfe",
        b'{"voice": "\xff"}',
        b'{"x": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b'{"voice": "' + b"x" * LARGEST_BYTES + b'"}',
    ],
)
def test_a_file_that_cannot_be_used_is_reported_once_and_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    (tmp_path / NAME).write_bytes(content)
    file = SettingsFile(tmp_path)
    assert file.usable(OFFER) == file.chosen == SettingsChange()
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "is passed over, the configuration holds" in record.getMessage()
    file.add(SettingsChange(voice="joe"))
    assert SettingsFile(tmp_path).chosen == SettingsChange(voice="joe"), "the next choice replaces it"


def test_what_is_not_installed_any_more_is_passed_over_and_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    SettingsFile(tmp_path).add(SettingsChange(stt_model="large", voice="espeak-de", wake_sensitivity=70))
    file = SettingsFile(tmp_path)
    assert file.usable(OFFER) == SettingsChange(voice="espeak-de", wake_sensitivity=70)
    assert "no Whisper model 'large' here" in caplog.text
    assert file.chosen.stt_model == "large", "it may be installed again"


def test_a_choice_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    file = SettingsFile(blocked / "below")
    with pytest.raises(ConfigError, match="cannot be written"):
        file.add(SettingsChange(voice="joe"))
    assert file.chosen == SettingsChange()


def test_it_is_told_what_comes_from_where() -> None:
    chosen = SettingsChange(wake_sensitivity=70, stt_model="large")
    settings = Config().settings.changed(SettingsChange(wake_sensitivity=70))
    assert list(told(settings, chosen)) == [
        "Whisper model tiny.en",
        "voice en_US-joe-medium",
        "wake words okay_nabu",
        "sensitivity 70 (chosen in Home Assistant)",
    ]
