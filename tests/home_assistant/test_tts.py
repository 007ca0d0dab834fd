"""The gateway's voices, through Home Assistant's own text-to-speech."""

import io
import wave
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from homeassistant.components import tts
from homeassistant.components.tts.entity import TextToSpeechEntity
from homeassistant.components.tts.helper import get_engine_instance
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import ScriptedGateway
from tests.home_assistant.voice import entity_of, until

WAV = {tts.ATTR_PREFERRED_FORMAT: "wav"}


@pytest.fixture
async def loaded(hass: HomeAssistant, tmp_path: Path, setup_entry: SetUp) -> MockConfigEntry:
    """Set up the entry of a Home Assistant whose files are the test's own."""
    hass.config.config_dir = str(tmp_path)
    return await setup_entry()


@pytest.fixture
def speaker(hass: HomeAssistant, loaded: ConfigEntry) -> TextToSpeechEntity:
    """Return the entity."""
    entity = get_engine_instance(hass, entity_of(hass, loaded, "tts"))
    assert isinstance(entity, TextToSpeechEntity)
    return entity


async def heard(stream: tts.ResultStream) -> bytes:
    """Return all of a stream."""
    return b"".join([piece async for piece in stream.async_stream_result()])


async def test_a_text_is_said_as_it_is_written(
    hass: HomeAssistant, gateway: ScriptedGateway, speaker: TextToSpeechEntity
) -> None:
    async def text() -> AsyncGenerator[str]:
        yield "One. "
        yield "Two."

    stream = tts.async_create_stream(hass, speaker.entity_id, options=WAV)
    stream.async_set_message_stream(text())
    with wave.open(io.BytesIO(await heard(stream))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (gateway.rate_hz, 1, 2)
        assert file.readframes(10_000) == gateway.speech_frame * 2
    pieces = [told.get("text", "") for told in gateway.all_told("speak") + gateway.all_told("speak_more")]
    assert pieces == ["One. ", "Two.", ""]


async def test_a_whole_text_is_a_file_that_says_how_long_it_is(
    gateway: ScriptedGateway, speaker: TextToSpeechEntity
) -> None:
    extension, content = await speaker.async_get_tts_audio("Hello.", "en-US", {})
    assert extension == "wav"
    assert content is not None
    with wave.open(io.BytesIO(content)) as file:
        assert file.getnframes() == len(gateway.speech_frame) // 2


async def test_every_language_and_every_voice_is_offered_the_usual_one_first(
    gateway: ScriptedGateway, speaker: TextToSpeechEntity
) -> None:
    assert speaker.supported_languages == ["de-DE", "en-US"]
    assert speaker.default_language == "en-US"
    assert speaker.async_get_supported_voices("de-DE") == [tts.Voice("de_DE-thorsten-medium", "Thorsten")]
    assert speaker.async_get_supported_voices("fr-FR") is None
    await gateway.say(
        {
            **gateway.offered,
            "voice": "de_DE-z",
            "voices": [*gateway.offered["voices"], {"id": "de_DE-z", "name": "Zoe", "language": "de-DE"}],
        }
    )
    await until(lambda: speaker.default_language == "de-DE")
    voices = speaker.async_get_supported_voices("de-DE")
    assert voices is not None
    assert [voice.name for voice in voices] == ["Zoe", "Thorsten"]


@pytest.mark.parametrize(
    ("language", "wanted", "said"),
    [
        ("en-US", None, "en_US-joe-medium"),
        ("de-DE", None, "de_DE-thorsten-medium"),
        ("de-DE", "de_DE-thorsten-medium", "de_DE-thorsten-medium"),
        ("de-DE", "en_US-joe-medium", "de_DE-thorsten-medium"),
    ],
)
async def test_a_language_is_spoken_by_a_voice_that_speaks_it(
    hass: HomeAssistant,
    gateway: ScriptedGateway,
    speaker: TextToSpeechEntity,
    language: str,
    wanted: str | None,
    said: str,
) -> None:
    options = WAV if wanted is None else {**WAV, tts.ATTR_VOICE: wanted}
    stream = tts.async_create_stream(hass, speaker.entity_id, language, options)
    stream.async_set_message("Hello.")
    await heard(stream)
    told = await gateway.told("speak")
    assert (told["language"], told["voice"]) == (language, said)


async def test_another_usual_voice_does_not_speak_with_what_was_kept_of_the_old_one(
    hass: HomeAssistant, gateway: ScriptedGateway, speaker: TextToSpeechEntity
) -> None:
    async def say() -> None:
        stream = tts.async_create_stream(hass, speaker.entity_id, "en-US", WAV)
        stream.async_set_message("Hello.")
        await heard(stream)

    await say()
    await say()
    assert len(gateway.all_told("speak")) == 1
    voices = [*gateway.offered["voices"], {"id": "en_US-amy", "name": "Amy", "language": "en-US"}]
    await gateway.say({**gateway.offered, "voice": "en_US-amy", "voices": voices})
    await until(lambda: speaker.default_options == {tts.ATTR_VOICE: "en_US-amy"})
    await say()
    assert [told["voice"] for told in gateway.all_told("speak")] == ["en_US-joe-medium", "en_US-amy"]


async def test_a_gateway_that_is_away_is_an_error_and_nothing_is_kept(
    hass: HomeAssistant, gateway: ScriptedGateway, speaker: TextToSpeechEntity, tmp_path: Path
) -> None:
    gateway.drop()
    await until(lambda: not speaker.available)
    stream = tts.async_create_stream(hass, speaker.entity_id, options=WAV)
    stream.async_set_message("Hello.")
    with pytest.raises(HomeAssistantError, match="not"):
        await heard(stream)
    assert list((tmp_path / "tts").iterdir()) == []
