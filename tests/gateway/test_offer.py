import pytest

from gateway.offer import MOST_NAMES, Offer, Settings, SettingsChange, Voice, WakeWordModel

JOE, ALAN = Voice(id="joe", name="Joe", language="en-US"), Voice(id="alan", name="Alan", language="en-GB")
ROBOTS = tuple(Voice(id=f"espeak-{tag.lower()}", name=tag, language=tag) for tag in ("en-GB", "en-US", "de", "fr-FR"))
SETTINGS = Settings(stt_model="tiny.en", voice="joe", wake_words=("okay_nabu",))


def offer(*voices: Voice, in_use: str = "joe") -> Offer:
    return Offer(
        language="en",
        stt_models=("tiny.en", "base"),
        voices=voices or (JOE, *ROBOTS),
        wake_words=(WakeWordModel(id="okay_nabu", phrase="Okay Nabu"), WakeWordModel(id="alexa", phrase="Alexa")),
        settings=Settings(stt_model="tiny.en", voice=in_use, wake_words=("okay_nabu",)),
    )


def test_a_change_leaves_alone_what_it_does_not_name() -> None:
    changed = SETTINGS.changed(SettingsChange(wake_words=("alexa", "okay_nabu"), wake_sensitivity=0))
    assert changed == Settings(stt_model="tiny.en", voice="joe", wake_words=("alexa", "okay_nabu"), wake_sensitivity=0)
    assert SETTINGS.changed(SettingsChange()) == SETTINGS


def test_a_later_change_prevails() -> None:
    earlier = SettingsChange(voice="alan", stt_model="base")
    assert SettingsChange(voice="joe").after(earlier) == SettingsChange(voice="joe", stt_model="base")


@pytest.mark.parametrize(
    "change",
    [
        SettingsChange(),
        SettingsChange(stt_model="base", voice="espeak-de", wake_words=("alexa", "okay_nabu"), wake_sensitivity=100),
        SettingsChange(wake_sensitivity=0),
    ],
)
def test_what_is_offered_is_not_refused(change: SettingsChange) -> None:
    assert offer().refusal(change) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (SettingsChange(stt_model="large"), "there is no Whisper model 'large' here; there are: tiny.en, base"),
        (SettingsChange(voice="alan"), "there is no voice 'alan' here; there are: joe, espeak-en-gb, "),
        (SettingsChange(wake_words=("alexa", "hey")), "there is no wake word 'hey' here; there are: okay_nabu, alexa"),
        (SettingsChange(wake_words=()), "wake words: name one at least, and each once"),
        (SettingsChange(wake_words=("alexa", "alexa")), "wake words: name one at least, and each once"),
        (SettingsChange(wake_sensitivity=101), "wake sensitivity: found 101, must be 0 to 100"),
        (SettingsChange(wake_sensitivity=-1), "wake sensitivity: found -1, must be 0 to 100"),
    ],
)
def test_what_is_not_offered_is_refused_with_what_is(change: SettingsChange, said: str) -> None:
    assert offer().refusal(change).startswith(said)


def test_a_refusal_does_not_list_a_hundred_voices() -> None:
    many = tuple(Voice(id=f"v{number}", name="", language="en") for number in range(100))
    assert offer(*many).refusal(SettingsChange(voice="x")).endswith(f"v{MOST_NAMES - 1} and {100 - MOST_NAMES} more")


@pytest.mark.parametrize(
    ("language", "voices", "in_use", "spoken_by"),
    [
        ("en-US", (ALAN, JOE, *ROBOTS), "alan", "joe"),  # the same country before the one in use
        ("en-gb", (JOE, *ROBOTS), "joe", "joe"),  # another country before a robot
        ("en_GB", (JOE, ALAN, *ROBOTS), "joe", "alan"),
        ("en", (JOE, ALAN), "alan", "alan"),  # the one in use among equals
        ("en-US", (JOE, *ROBOTS), "espeak-en-us", "espeak-en-us"),  # somebody chose the robot
        ("en", (*ROBOTS,), "espeak-de", "espeak-en-gb"),
        ("DE", (JOE, *ROBOTS), "joe", "espeak-de"),
        ("fr-CA", (JOE, *ROBOTS), "joe", "espeak-fr-fr"),
        ("sv", (JOE, *ROBOTS), "joe", None),
    ],
)
def test_the_best_voice_for_a_language(
    language: str, voices: tuple[Voice, ...], in_use: str, spoken_by: str | None
) -> None:
    best = offer(*voices, in_use=in_use).voice_for(language)
    assert (best and best.id) == spoken_by


def test_a_voice_has_a_language() -> None:
    assert offer().language_of("espeak-de") == "de"
    assert offer().language_of("nobody") == ""
