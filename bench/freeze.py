"""`python -m bench.freeze`: freezes what the usual recordings and sentences mean, into `gold.json`, as digests.

Only for who has looked at what changes: the file is what later runs are measured by.
"""

import asyncio
import json
from collections.abc import Mapping

from bench.gold import FROZEN, Meaning, Source, Spelling, key
from bench.manifest import read_manifest
from bench.options import Options, usual_house, usual_manifest
from bench.understand_clips import Material
from bench.understand_house import reference_sentences
from bench.understand_material import materials, tests_folder
from bench.understand_peer import agent
from gateway.home.files import load_house


async def _digests(material: Material, language: str) -> dict[str, str]:
    texts = list(dict.fromkeys(one.text for one in material.said))
    async with agent(material.house, material.area_id, language) as them:
        meanings = await them.gold(texts)
    expected = reference_sentences(tests_folder()) if material.source is Source.SENTENCES else {}
    return {
        key(material.source, text): _digest(text, meaning, expected, material)
        for text, meaning in zip(texts, meanings, strict=True)
    }


def _digest(text: str, meaning: Meaning | None, expected: Mapping[str, Meaning], material: Material) -> str:
    """Return what is frozen of a sentence: nothing where the house makes something else of it than its test expects."""
    spelling = Spelling(material.house)
    area = next(area.name for area in material.house.areas if area.id == material.area_id)
    if meaning is None or (text in expected and not spelling.is_of(meaning, expected[text], area=area)):
        return ""
    return spelling.digest(meaning)


async def _freeze() -> None:
    options = Options(manifest=usual_manifest(), house=usual_house())
    digests: dict[str, str] = {}
    for material in materials(options, load_house(options.house), read_manifest(options.manifest)):
        digests |= await _digests(material, options.language)
    FROZEN.write_text(json.dumps(digests, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{sum(map(bool, digests.values()))} of {len(digests)} count")


if __name__ == "__main__":
    asyncio.run(_freeze())
