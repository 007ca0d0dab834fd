"""The texts of the page: what its code asks for is there, and nothing else; and Home Assistant can read all of them."""

import logging
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.setup import async_setup_component

from custom_components.local_voice.const import DOMAIN
from custom_components.local_voice.errors import REFUSALS
from custom_components.local_voice.log_check import BROKEN, GOOD
from custom_components.local_voice.witness import Verdict
from tests.home_assistant.test_packaging import LANGUAGES, ROOT, texts

CATEGORY: Final = "config_panel"
CODE: Final = ROOT / "frontend/src"
KEY: Final = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
LITERAL: Final = re.compile(r"""["'`]([a-z_]+)\.([a-z0-9_]+)["'`]""")
TEMPLATE: Final = re.compile(r"`([a-z_]+)\.([a-z0-9_]*\$\{[^`]*)`")
OF_SECTION: Final = re.compile(r"""\.of\(\s*["']([a-z_]+)["']""")
"""`context.of("fates", code)`: any text of a section, by a code that comes from elsewhere."""
FORMS: Final = ("_one", "_other")
"""Of a text with a count: `context.t` finds them by the name without."""
NOT_ON_THE_PAGE: Final = {"out_of_order", "unsupported_language", "unsupported_voice"}
"""What only those are told whom nobody sees: who asks for speech, or as a home that is not known yet."""


def panel(language: str = "en") -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = texts(language)[CATEGORY]
    return found


def code() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(CODE.rglob("*.ts")))


def base(key: str) -> str:
    """Return a text's name without that of its form."""
    return key.removesuffix(FORMS[0]).removesuffix(FORMS[1])


def named_in_code(section: str, keys: set[str]) -> Iterator[str]:
    """Yield those of a section's keys that the code names, or makes out of pieces."""
    source = code()
    if section in OF_SECTION.findall(source):
        yield from keys
    named = {key for of, key in LITERAL.findall(source) if of == section}
    yield from (key for key in keys if {key, base(key)} & named)
    for of, template in TEMPLATE.findall(source):
        if of == section:
            pattern = re.compile("([a-z0-9_]+)".join(map(re.escape, re.split(r"\$\{[^}]*\}", template))))
            for key in keys:
                found = pattern.fullmatch(key) or pattern.fullmatch(base(key))
                if found and all(re.search(rf"\b{piece}\b", source) for piece in found.groups()):
                    yield key


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_has_a_section_and_a_name(language: str) -> None:
    for section, keys in panel(language).items():
        assert KEY.fullmatch(section)
        assert keys, section
        for key, text in keys.items():
            assert KEY.fullmatch(key), (section, key)
            assert isinstance(text, str), (section, key)


def test_a_text_with_a_count_has_a_form_for_one_and_for_others() -> None:
    for section, keys in panel().items():
        forms = [key for key in keys if key.endswith(FORMS)]
        for key in forms:
            if "{count}" in keys[key]:
                assert {base(key) + form for form in FORMS} <= keys.keys(), (section, key)
                assert base(key) not in keys, (section, key)


def test_what_the_code_asks_for_is_there() -> None:
    own = panel()
    names = {(section, name) for section, keys in own.items() for key in keys for name in (key, base(key))}
    asked = {(section, key) for section, key in LITERAL.findall(code()) if section in own}
    assert asked - names == set()
    assert set(OF_SECTION.findall(code())) <= own.keys()
    assert asked, "the code asks for texts in another way now"


def test_no_text_is_there_that_nothing_asks_for() -> None:
    for section, keys in panel().items():
        assert keys.keys() - {*named_in_code(section, {*keys})} == set(), section


def test_a_text_that_a_code_from_elsewhere_chooses_needs_nothing_besides() -> None:
    for section in set(OF_SECTION.findall(code())):
        assert [text for text in panel()[section].values() if "{" in text] == [], section


def test_whatever_a_command_fails_with_has_words() -> None:
    assert REFUSALS.keys() - NOT_ON_THE_PAGE <= panel()["errors"].keys()


def test_every_verdict_on_the_log_has_words() -> None:
    assert {GOOD, BROKEN, *Verdict} <= panel()["verdicts"].keys()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_home_assistant_hands_out_every_text_and_complains_of_none(
    hass: HomeAssistant, language: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert await async_setup_component(hass, "homeassistant", {})
    told: dict[str, Any] = await async_get_translations(hass, language, CATEGORY, {DOMAIN})
    wanted = {
        f"component.{DOMAIN}.{CATEGORY}.{section}.{key}": text
        for section, keys in panel(language).items()
        for key, text in keys.items()
    }
    assert told == wanted
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []
