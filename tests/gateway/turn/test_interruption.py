from collections.abc import Sequence

import pytest

from gateway.turn.ear import Ear
from gateway.turn.interruption import Interruption, is_stop, wait_for_interruption
from tests.fakes import ScriptedOpinion, ScriptedStt, heard, quiet, recognized, speech, stages, wake_word

NOTHING = recognized("")


class Hush:
    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> None:
        self.times += 1


async def interruption(
    *stretches: list[bytes],
    stt: ScriptedStt,
    opinion: ScriptedOpinion | None = None,
    languages: Sequence[str] = ("en",),
) -> tuple[Interruption | None, Hush, Ear]:
    parts = stages(stt=stt, second_opinion=opinion)
    ear = Ear(heard(*stretches), parts)
    hush = Hush()
    return await wait_for_interruption(ear, stt, languages, suspect=hush), hush, ear


async def test_the_wake_word_interrupts_and_what_follows_it_is_heard() -> None:
    found, hush, ear = await interruption(quiet(320), wake_word(), speech(640), stt=ScriptedStt(NOTHING))
    assert found == Interruption(wake_word="okay_nabu")
    assert await ear.wait_for_speech() is not None
    assert hush.times == 0


async def test_the_first_sign_of_a_wake_word_silences_us_before_it_is_certain() -> None:
    found, hush, _ = await interruption(
        quiet(320), wake_word(), quiet(640), stt=ScriptedStt(NOTHING), opinion=ScriptedOpinion(0.0, 0.0, 0.9)
    )
    assert found == Interruption(wake_word="okay_nabu")
    assert hush.times == 1


async def test_a_suspicion_that_does_not_come_true_is_no_interruption() -> None:
    found, hush, _ = await interruption(
        wake_word(), quiet(960), stt=ScriptedStt(NOTHING), opinion=ScriptedOpinion(0.0, 0.0)
    )
    assert found is None
    assert hush.times == 1


async def test_stop_interrupts_while_it_is_still_being_said() -> None:
    stt = ScriptedStt(NOTHING, stop_after=2)
    found, _, _ = await interruption(quiet(320), speech(640), stt=stt)
    assert found == Interruption()
    assert len(stt.looks) == 2


async def test_where_nobody_speaks_nothing_is_looked_at() -> None:
    stt = ScriptedStt(NOTHING, stop_after=1)
    found, _, _ = await interruption(quiet(2_000), stt=stt)
    assert found is None
    assert stt.looks == []


async def test_other_words_do_not_interrupt() -> None:
    stt = ScriptedStt(NOTHING)
    found, _, _ = await interruption(speech(960), quiet(960), stt=stt)
    assert found is None
    assert 5 < len(stt.looks) < 15


async def test_a_language_without_stop_words_of_its_own_knows_stop() -> None:
    found, _, _ = await interruption(speech(320), stt=ScriptedStt(NOTHING, stop_after=1), languages=("eo",))
    assert found == Interruption()


@pytest.mark.parametrize(
    ("text", "language", "is_one"),
    [
        ("Stop!", "en", True),
        ("stop, stop", "en", True),
        ("Ruhe.", "de", True),
        ("stop", "pt", True),
        ("stop the music", "en", False),
        ("halt", "en", False),
        ("", "en", False),
        ("...", "de", False),
    ],
)
def test_nothing_but_a_word_that_silences_is_one(text: str, language: str, is_one: bool) -> None:
    assert is_stop(text, (language,)) is is_one


async def test_where_two_languages_are_spoken_a_word_of_either_silences() -> None:
    assert is_stop("Ruhe, stop!", ("en", "de"))
    assert is_stop("quiet", ("de", "en"))
    assert not is_stop("silence", ("en", "de"))
    found, _, _ = await interruption(speech(320), stt=ScriptedStt(NOTHING, stop_after=1), languages=("fr", "de"))
    assert found == Interruption()
