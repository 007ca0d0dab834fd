import asyncio

import pytest

from gateway.errors import ModelError
from gateway.turn.stages import TextToSpeech
from gateway.voices import MOST_VOICES, Voices
from tests.fakes import ScriptedTts


class Loader:
    """Remembers which voices it was asked for."""

    def __init__(self) -> None:
        self.loaded: list[str] = []

    async def __call__(self, voice: str) -> TextToSpeech:
        self.loaded.append(voice)
        await asyncio.sleep(0)
        if voice == "broken":
            raise ModelError("scripted")
        return ScriptedTts()


async def test_a_voice_is_loaded_once_also_by_two_who_ask_at_once() -> None:
    loader = Loader()
    voices = Voices(loader)
    one, other = await asyncio.gather(voices.get("a"), voices.get("a"))
    assert one is other is await voices.get("a")
    assert loader.loaded == ["a"]


async def test_only_the_last_few_are_kept() -> None:
    loader = Loader()
    voices = Voices(loader)
    names = [str(number) for number in range(MOST_VOICES)]
    for name in [*names, names[0], "new", names[0]]:
        await voices.get(name)
    assert loader.loaded == [*names, "new"], "who has spoken since is not forgotten"
    await voices.get(names[1])
    assert loader.loaded[-1] == names[1]


async def test_a_voice_that_is_the_usual_one_now_is_not_kept_twice() -> None:
    loader = Loader()
    voices = Voices(loader)
    await voices.get("a")
    voices.forget("a")
    voices.forget("nobody")
    await voices.get("a")
    assert loader.loaded == ["a", "a"]


async def test_a_voice_that_cannot_be_loaded_is_in_nobodys_way() -> None:
    voices = Voices(Loader())
    with pytest.raises(ModelError):
        await voices.get("broken")
    await voices.get("a")
