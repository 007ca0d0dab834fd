"""A PIN is compared with a hash, few wrong ones are looked at, and reloading forgives none of them."""

import asyncio
from datetime import timedelta

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.local_voice.const import CONF_PIN_HASH, DOMAIN
from custom_components.local_voice.house import pin
from custom_components.local_voice.house.pin import LOCKED, MOST_WRONG, NONE_SET, WRONG, hashed, is_pin, why_not

RIGHT = "2580"


def entry_with(options: dict[str, object]) -> MockConfigEntry:
    return MockConfigEntry(domain=DOMAIN, options=options)


@pytest.fixture
def entry() -> MockConfigEntry:
    return entry_with({CONF_PIN_HASH: hashed(RIGHT)})


@pytest.mark.parametrize(
    ("typed", "is_one"),
    [
        ("1234", True),
        ("123456789012", True),
        ("123", False),
        ("1234567890123", False),
        ("12a4", False),
        ("١٢٣٤", False),
    ],
)
def test_a_pin_is_four_to_twelve_digits(typed: str, is_one: bool) -> None:
    assert is_pin(typed) is is_one


def test_what_is_kept_is_salted_and_does_not_hold_the_pin() -> None:
    one, other = hashed(RIGHT), hashed(RIGHT)
    assert one != other
    assert RIGHT not in one.values()


async def test_the_right_pin_is_taken_and_others_are_not(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await why_not(hass, entry, RIGHT) is None
    assert await why_not(hass, entry, "2581") == WRONG
    assert await why_not(hass, entry, f"{RIGHT}0") == WRONG
    assert await why_not(hass, entry_with({}), RIGHT) == NONE_SET


async def test_after_a_few_wrong_ones_none_is_taken_for_a_while(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert [await why_not(hass, entry, "0000") for _ in range(MOST_WRONG)] == [WRONG] * MOST_WRONG
    assert await why_not(hass, entry, RIGHT) == LOCKED
    assert "none is taken for 300 s" in caplog.text
    assert "0000" not in caplog.text
    again = MockConfigEntry(domain=DOMAIN, options=dict(entry.options), entry_id=entry.entry_id)
    assert await why_not(hass, again, RIGHT) == LOCKED  # as after a reload
    now_s = hass.loop.time() + timedelta(seconds=pin.LOCKED_S).total_seconds()
    monkeypatch.setattr(hass.loop, "time", lambda: now_s)
    assert await why_not(hass, entry, RIGHT) is None


async def test_the_right_pin_lets_wrong_ones_be_forgotten(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    for _ in range(2):
        for _ in range(MOST_WRONG - 1):
            assert await why_not(hass, entry, "0000") == WRONG
        assert await why_not(hass, entry, RIGHT) is None


async def test_many_at_once_are_tried_one_after_the_other(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    found = await asyncio.gather(*(why_not(hass, entry, f"{number:04}") for number in range(20)))
    assert found == [WRONG] * MOST_WRONG + [LOCKED] * (20 - MOST_WRONG)
