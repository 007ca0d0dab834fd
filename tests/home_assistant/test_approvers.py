"""Who may decide: administrators, or everyone with an account, and never an account that no person has."""

from typing import Any

import pytest
from homeassistant.auth.const import GROUP_ID_ADMIN, GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.local_voice.approvers import EVERYONE, is_administrator, may_control, may_decide
from custom_components.local_voice.const import CONF_APPROVERS


async def user(hass: HomeAssistant, group_id: str, **about: Any) -> User:
    group = await hass.auth.async_get_group(group_id)
    assert group is not None
    return MockUser(groups=[group], **about).add_to_hass(hass)


@pytest.mark.parametrize(
    ("group_id", "about", "alone", "with_everyone", "turns"),
    [
        (GROUP_ID_ADMIN, {}, True, True, True),
        (GROUP_ID_USER, {}, False, True, False),
        (GROUP_ID_ADMIN, {"is_active": False}, False, False, False),
        (GROUP_ID_USER, {"is_active": False}, False, False, False),
        (GROUP_ID_ADMIN, {"system_generated": True}, False, False, False),
        (GROUP_ID_USER, {"system_generated": True}, False, False, False),
    ],
)
async def test_who_may_decide_is_an_option_and_who_may_turn_the_switch_is_not(
    hass: HomeAssistant, group_id: str, about: dict[str, bool], alone: bool, with_everyone: bool, turns: bool
) -> None:
    somebody = await user(hass, group_id, **about)
    assert may_decide(somebody, {}) is alone
    assert may_decide(somebody, {CONF_APPROVERS: EVERYONE}) is with_everyone
    assert is_administrator(somebody) is turns


async def test_who_may_use_switches_may_do_so_on_the_page(hass: HomeAssistant) -> None:
    for group_id, about, may in (
        (GROUP_ID_ADMIN, {}, True),
        (GROUP_ID_USER, {}, True),
        (GROUP_ID_READ_ONLY, {}, False),
        (GROUP_ID_USER, {"is_active": False}, False),
        (GROUP_ID_USER, {"system_generated": True}, False),
    ):
        assert may_control(await user(hass, group_id, **about)) is may


def test_nobody_may_not() -> None:
    assert not may_decide(None, {CONF_APPROVERS: EVERYONE})
