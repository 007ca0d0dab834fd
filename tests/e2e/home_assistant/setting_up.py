"""Local Voice set up in Home Assistant by its config flow, through the HTTP API that the frontend uses."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from tests.e2e.home_assistant.onboarding import User, onboard
from tests.e2e.home_assistant.running import HomeAssistant, running_home_assistant
from tests.e2e.serving import Serving, first_code, serving

BACK_S: Final = 30.0
"""A gateway needs three seconds to start, and Home Assistant tries again within a few more."""
HOME_CONNECTED: Final = "INFO gateway.server.app: home "
"""How the line of the log begins that says so."""
FLOWS: Final = "/api/config/config_entries/flow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """A Home Assistant and a gateway that are paired."""

    home_assistant: HomeAssistant
    served: Serving
    user: User


@contextmanager
def household(folder: Path, archive: Path, *, more: str = "") -> Iterator[Household]:
    """Run both and pair them; `more` is TOML for the gateway's configuration."""
    with contextlib.ExitStack() as stack:
        served = stack.enter_context(serving(folder / "gateway", more=more))
        home_assistant = stack.enter_context(running_home_assistant(folder / "home-assistant", archive))
        user = onboard(home_assistant)
        set_up(home_assistant, user, served, shown_code(served))
        yield Household(home_assistant=home_assistant, served=served, user=user)


@contextmanager
def connected_again(home: Household) -> Iterator[Household]:
    """Serve once more, from the same folder at the same port, if the gateway has ended; return when it has its home."""
    if home.served.running.process.poll() is None:
        yield home
        return
    with serving(home.served.config.parent, port=home.served.port) as served:
        served.running.wait_for_log(HOME_CONNECTED, deadline_s=BACK_S)
        yield replace(home, served=served)


def shown_code(served: Serving) -> str:
    """Return the code that a gateway shows at its first start."""
    served.running.wait_for_log("the code for Home Assistant")
    return first_code("\n".join(line for _, line in served.running.err))


def set_up(home_assistant: HomeAssistant, user: User, served: Serving, code: str) -> None:
    """Take the steps of the config flow that a person takes, the assistant included."""
    step = _step(home_assistant, user, FLOWS, handler="local_voice")
    for typed in (
        {"host": "127.0.0.1", "port": served.port},
        {"code": code},
        {"wake_word": "okay_nabu", "pipeline": True, "preferred": True},
    ):
        assert not step.get("errors"), step
        step = _step(home_assistant, user, f"{FLOWS}/{step['flow_id']}", **typed)
    assert step["type"] == "create_entry", step


def _step(home_assistant: HomeAssistant, user: User, path: str, **typed: object) -> dict[str, Any]:
    step: dict[str, Any] = home_assistant.ask(path, typed, user.token)
    return step
