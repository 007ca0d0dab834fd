"""What the command line of `bench` chooses: which recordings, which house, which model, how long."""

import os
from dataclasses import dataclass
from pathlib import Path

from gateway.config import Config, HomeConfig, SttConfig

PROJECT = Path(__file__).parents[1]


def shared_folder() -> Path:
    """Return where the shared recordings lie: $LOCAL_VOICE_SHARED, or beside the project."""
    return Path(os.environ.get("LOCAL_VOICE_SHARED", PROJECT.parent / "shared"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The choices; each has a default."""

    manifest: Path
    """A CSV with the columns of the shared recordings' manifest; paths in it are relative to its folder."""
    house: Path
    """Whose commands are said in the recordings."""
    area: str = "Office"
    model: str = "tiny.en"
    turns: int = 500
    """How many turns memory must survive."""

    @property
    def config(self) -> Config:
        """The configuration that ships, with this model."""
        return Config(stt=SttConfig(model=self.model))

    @property
    def config_in_house(self) -> Config:
        """The same in the recordings' house and area."""
        home = HomeConfig(house=str(self.house), area=self.area)
        return Config(stt=SttConfig(model=self.model), home=home)
