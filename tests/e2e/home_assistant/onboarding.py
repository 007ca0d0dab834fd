"""The first steps in a new Home Assistant, taken through its HTTP API as the frontend takes them."""

import urllib.parse
from dataclasses import dataclass

from tests.e2e.home_assistant.running import HomeAssistant


@dataclass(frozen=True, slots=True)
class User:
    """Who has set Home Assistant up, and a token of theirs."""

    name: str
    password: str
    token: str


NAME = "ada"
PASSWORD = "correct horse battery"  # noqa: S105 - of a user who lives as long as a test


def onboard(home_assistant: HomeAssistant) -> User:
    """Make the owner, and take all steps that are left."""
    client = f"{home_assistant.url}/"
    made = home_assistant.ask(
        "/api/onboarding/users",
        {"name": NAME.title(), "username": NAME, "password": PASSWORD, "client_id": client, "language": "en"},
    )
    code = {"grant_type": "authorization_code", "code": made["auth_code"], "client_id": client}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    token = home_assistant.ask("/auth/token", urllib.parse.urlencode(code).encode(), **form)["access_token"]
    home_assistant.ask("/api/onboarding/analytics", {}, token)
    home_assistant.ask("/api/onboarding/integration", {"client_id": client, "redirect_uri": f"{client}?auth"}, token)
    assert all(step["done"] for step in home_assistant.ask("/api/onboarding"))
    return User(name=NAME, password=PASSWORD, token=token)
