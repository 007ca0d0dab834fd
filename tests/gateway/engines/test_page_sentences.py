"""The sentences that the page puts together for a correction (`frontend/src/turns/sentences.ts`) are understood."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from gateway.engines.understanding import HassUnderstanding
from gateway.engines.worker import Worker
from gateway.house import Entity, House

SOURCE: Final = (Path(__file__).parents[3] / "frontend/src/turns/sentences.ts").read_text(encoding="utf-8")
KINDS: Final = {
    "turn_on": "light", "turn_off": "light", "media_pause": "media_player", "media_unpause": "media_player",
    "climate_get_temperature": "climate", "turn_on_cover": "cover", "turn_off_cover": "cover", "turn_on_lock": "lock",
    "turn_off_lock": "lock", "turn_on_scene": "scene", "turn_on_script": "script", "turn_on_button": "button",
    "vacuum_start": "vacuum", "vacuum_return_to_base": "vacuum", "lawn_mower_start_mowing": "lawn_mower",
    "lawn_mower_dock": "lawn_mower", "get_state": "sensor",
}  # fmt: skip
"""What is done to which kind of thing."""
SWITCHED: Final = ("light", "switch", "input_boolean", "fan", "media_player", "climate")
OPENED: Final = ("cover", "valve")


def sentences() -> Iterator[tuple[str, str, str]]:
    """Yield each language, what is done, and the sentence for it."""
    for language, block in re.findall(r"^  ([a-z]{2}): \{\n(.*?)^  \},$", SOURCE, re.DOTALL | re.MULTILINE):
        for doing, sentence in re.findall(r'^    (\w+): "(.*)",$', block, re.MULTILINE):
            yield language, doing, sentence


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    worker = Worker("understanding")
    yield worker
    worker.close()


@pytest.mark.parametrize("language", ["en", "de"])
async def test_each_sentence_means_what_the_page_says(worker: Worker, language: str) -> None:
    found = [(doing, sentence) for known, doing, sentence in sentences() if known == language]
    assert len(found) >= len(KINDS) - 2  # nobody says some of them in German
    domains = {*KINDS.values(), *SWITCHED, *OPENED, "input_button"}
    names = {domain: f"foobar {domain.replace('_', ' ')}" for domain in domains}
    things = tuple(Entity(id=f"{domain}.x", name=name) for domain, name in names.items())
    understanding = HassUnderstanding(House(name="test", entities=things), worker, language=language)
    for doing, sentence in found:
        kind = KINDS[doing]
        alike = {"light": SWITCHED, "cover": OPENED, "button": ("button", "input_button")}.get(kind, (kind,))
        for domain in alike:
            intent = await understanding.match(sentence.replace("{name}", names[domain]), area_id=None)
            assert intent is not None, (sentence, domain)
            assert intent.entity_id == f"{domain}.x", (sentence, domain)
            meant = re.sub(r"_(cover|lock|scene|script|button)$", "", doing)
            assert re.sub(r"(?<=[a-z])(?=[A-Z])", "_", intent.name.removeprefix("Hass")).lower() == meant
