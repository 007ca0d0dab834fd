"""One Home Assistant for all tests of a module, and its user."""

import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.e2e.home_assistant.browser import chromium, opened
from tests.e2e.home_assistant.connection import Connection, connected
from tests.e2e.home_assistant.kitchen import Kitchen, paired_kitchen
from tests.e2e.home_assistant.onboarding import User, onboard
from tests.e2e.home_assistant.running import PYTHON, ROOT, HomeAssistant, running_home_assistant
from tests.e2e.home_assistant.setting_up import Household, household


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the release: what HACS would download."""
    folder = tmp_path_factory.mktemp("release")
    subprocess.run([ROOT / "scripts/release", "--into", folder], check=True, capture_output=True, timeout=60)
    return folder / "local_voice.zip"


@pytest.fixture(scope="module")
def home_assistant(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeAssistant]:
    """Run Home Assistant with the integration installed and not yet set up."""
    if not PYTHON.exists():
        pytest.skip("no Home Assistant 2026.11 here: scripts/bootstrap dev puts it into .venv-e2e")
    with running_home_assistant(tmp_path_factory.mktemp("home-assistant"), archive) as running:
        yield running


@pytest.fixture(scope="module")
def user(home_assistant: HomeAssistant) -> User:
    """Return who has taken the first steps there."""
    return onboard(home_assistant)


@pytest.fixture
async def connection(home_assistant: HomeAssistant, user: User) -> AsyncIterator[Connection]:
    """Return a connection to Home Assistant's WebSocket API."""
    async with connected(home_assistant.url, user.token) as connection:
        yield connection


@pytest.fixture
async def page(home_assistant: HomeAssistant, user: User) -> AsyncIterator[Page]:
    """Return Home Assistant in a browser, logged in."""
    if chromium() is None:
        pytest.skip("Chromium is not installed: the Debian package chromium")
    async with opened(home_assistant, user) as page:
        yield page


@pytest.fixture
def home(archive: Path, tmp_path: Path) -> Iterator[Household]:
    """Return a Home Assistant and a gateway of this test's own, paired: it may break them."""
    with household(tmp_path, archive) as found:
        yield found


@pytest.fixture
async def ada(home: Household) -> AsyncIterator[Connection]:
    """Return the owner's connection to that Home Assistant."""
    async with connected(home.home_assistant.url, home.user.token) as connection:
        yield connection


@pytest.fixture(scope="module")
def kitchen(home: Household, tmp_path_factory: pytest.TempPathFactory) -> Kitchen:
    """Return a satellite in the kitchen of a module's own `home`, paired."""
    return paired_kitchen(home, tmp_path_factory.mktemp("kitchen"))
