"""A process that confines itself as the one that hears does, tries to get out, and says how it stands.

For `doctor`, where no gateway runs that could be asked. It loads no model, listens to nobody and changes nothing.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final, NoReturn

import msgspec

from gateway.confinement import Confinement, readable_folders
from gateway.errors import ProcessError
from gateway.launcher import SECRETS
from gateway.protection import Protection
from gateway.sandbox.privileges import close_other_descriptors, die_with_parent, harden
from gateway.sandbox.targets import Canary
from gateway.sandbox.users import voice_user

TRIAL_S: Final = 60.0
"""Three times what the self-test waits for the slowest of its helpers."""
LARGEST_ANSWER_BYTES: Final = 64 * 1024
"""All ways out by name, many times over."""


def tried(folder: Path) -> Protection:
    """Return how a gateway that keeps `folder` would be protected if it were started now. Raises ProcessError."""
    command = [sys.executable, "-m", __name__, str(folder)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TRIAL_S, check=False)  # noqa: S603 - ours
        return msgspec.json.decode(done.stdout, type=Protection)
    except subprocess.TimeoutExpired as error:
        raise ProcessError(f"it took more than {TRIAL_S:.0f} s to try it; try again when less is going on") from error
    except (OSError, msgspec.DecodeError) as error:
        raise ProcessError(f"it could not be tried ({type(error).__name__}); `local-voice serve` says why") from error


def main() -> int:
    """Be the launcher: open what is to be reached, start who tries, and write down what came of it."""
    harden()
    user, why_same_user = voice_user(readable_folders())
    secrets = [Path(sys.argv[1]) / name for name in SECRETS]
    with Canary(processes=[os.getpid()], secrets=secrets) as canary:
        reading, writing = os.pipe()
        launcher = os.getpid()
        child = os.fork()
        if child == 0:
            _try(canary, user=user, answer=writing, launcher=launcher)
        os.close(writing)
        with open(reading, "rb") as answer:  # noqa: PTH123 - a descriptor
            said = msgspec.json.decode(answer.read(LARGEST_ANSWER_BYTES), type=Protection)
        os.waitpid(child, 0)
        protection = said.seen_by(canary.reached, why_same_user)
    sys.stdout.buffer.write(msgspec.json.encode(protection))
    return 0


def _try(canary: Canary, *, user: int | None, answer: int, launcher: int) -> NoReturn:
    """Be the process that hears, as far as its start goes, and end whatever happens."""
    try:
        close_other_descriptors({answer, *canary.descriptors})
        die_with_parent(launcher)
        protection = Confinement(canary.targets, user=user).protection()
        os.write(answer, msgspec.json.encode(protection))
    finally:
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
