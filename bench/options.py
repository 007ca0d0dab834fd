"""What the command line of `bench` chooses: which recordings, which house, which model, how long."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.config import Config, HomeConfig, SttConfig

PROJECT = Path(__file__).parents[1]
USUAL_CLIPS = 40
"""At the pace of life each takes both sides some ten seconds; a median needs no more."""
DRAFTS = PROJECT / "bench-out"
"""What a run leaves that is not for the report: that shows a run of everything, on the recordings that all have."""


def shared_folder() -> Path:
    """Return where the shared recordings lie: $LOCAL_VOICE_SHARED, or beside the project."""
    return Path(os.environ.get("LOCAL_VOICE_SHARED", PROJECT.parent / "shared"))


def usual_manifest() -> Path:
    """Return the list of the shared recordings."""
    return shared_folder() / "speech" / "manifest.csv"


def usual_house() -> Path:
    """Return the house that their commands are meant for."""
    return shared_folder() / "text" / "speech_to_phrase" / "fixtures" / "en.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The choices; each has a default."""

    manifest: Path
    """A CSV with the columns of the shared recordings' manifest; paths in it are relative to its folder."""
    house: Path
    """Whose commands are said in the recordings."""
    area: str = "Office"
    model: str = "tiny.en"
    models: tuple[str, ...] = ("tiny.en", "base")
    """The Whisper models with which recognition is compared."""
    language: str = "en"
    """What is spoken."""
    clips: int = USUAL_CLIPS
    """How many recordings are streamed at real-time pace, where all would take too long."""
    most_clips: int | None = None
    """How many are taken at the most where usually all are; None for all."""
    noise_db: float | None = None
    """How far below what is said there is noise; None for a quiet room, or for several levels where a part has them."""
    turns: int = 500
    """How many turns memory must survive."""
    pictures: Path = DRAFTS
    """Where plots are drawn; made where it is missing."""
    drafts: Path = DRAFTS
    """Where else a run may leave files that are not for the report."""

    @property
    def is_usual(self) -> bool:
        """Whether the shared recordings are measured in their own house."""
        return (self.manifest, self.house, self.language) == (usual_manifest(), usual_house(), "en")

    def with_model(self, model: str) -> Options:
        """Return the same with another Whisper model."""
        return replace(self, model=model)

    @property
    def config(self) -> Config:
        """The configuration that ships, with this model."""
        return Config(stt=self._stt)

    @property
    def config_in_house(self) -> Config:
        """The same in the recordings' house and area."""
        home = HomeConfig(house=str(self.house), area=self.area)
        return Config(stt=self._stt, home=home)

    @property
    def _stt(self) -> SttConfig:
        return SttConfig(model=self.model, language=self.language)
