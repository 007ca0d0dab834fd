"""Two packages as Home Assistant's pipeline calls them.

It pins releases that have no wheels for its own Python; the ones that have, which the tests install, do the same under
other names.
"""

from dataclasses import dataclass
from typing import Any

from pymicro_vad import MicroVad
from pyspeex_noise import AudioProcessor


@dataclass(frozen=True, slots=True)
class _Processed:
    audio: bytes


def restore_names() -> None:
    """Give both classes the method that Home Assistant looks for."""

    def process_10ms(self: Any, audio: bytes) -> _Processed:
        return _Processed(self.process_10ms(audio))

    for package, method in ((MicroVad, MicroVad.process_10ms), (AudioProcessor, process_10ms)):
        setattr(package, "Process10ms", method)  # noqa: B010 - their types know the new name only
