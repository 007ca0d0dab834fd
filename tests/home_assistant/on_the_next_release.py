"""Run pytest on the tests of the integration inside the newer Home Assistant, which the test harness does not know yet.

    .venv-e2e/bin/python -m tests.home_assistant.on_the_next_release [ARGUMENT FOR PYTEST…]

Each release of the harness, pytest-homeassistant-custom-component, pins the one Home Assistant that it was cut from, so
it cannot be installed beside another. Its packages are therefore put behind those of this environment: Home Assistant
and whatever it brings are the newer ones, the harness and pytest come from `.venv-ha`. What the newer release asks for
in another version and this environment lacks would be the older one's; requirements/e2e.in lists what it asks for.
"""

import sys
import sysconfig
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
HARNESS: Final = Path(sysconfig.get_path("purelib", vars={"base": str(ROOT / ".venv-ha")}))
sys.path.append(str(HARNESS))

import homeassistant  # noqa: E402 - the way to the harness had to be known first
import pytest  # noqa: E402
from homeassistant.components import logger  # noqa: E402
from homeassistant.components.logger import helpers  # noqa: E402

if __name__ == "__main__":
    if Path(homeassistant.__file__).is_relative_to(HARNESS):
        sys.exit("That is the harness's own Home Assistant; run this with .venv-e2e/bin/python.")
    logger._clear_logger_overwrites = helpers._clear_logger_overwrites  # where the harness looks for it
    sys.exit(pytest.main(sys.argv[1:]))
