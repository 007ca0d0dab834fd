"""The model files that both sides use: the very same folder for all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.models import Addition, ModelStore, add, make_models_folder
from gateway.paths import APPLICATION, models_dir


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFolder:
    """A home for everything that a gateway keeps, for as long as it is measured."""

    path: Path
    """XDG_DATA_HOME."""
    models: ModelStore

    def model(self, name: str) -> Path:
        """Return the folder of a model, which every user may read, and into which it is put where it lies nowhere yet.

        Raises ModelError where no package and no folder of this machine has it, or a file of it is damaged.
        """
        if self.models.locate(self.models.model(name)) is None:
            add(self.models, Addition(name=name), lambda _: None)
        return self.models.find(name).path


@contextmanager
def data_folder(*names: str) -> Iterator[DataFolder]:
    """Hold a folder in which all these models are found. Raises ModelError where one is nowhere."""
    with tempfile.TemporaryDirectory(prefix="lv-") as name:
        path = Path(name)
        path.chmod(0o711)  # the process that hears is another user
        models = path / APPLICATION / "models"
        make_models_folder(models)
        own = ModelStore(models_dir())
        for model in names:
            added = own.folder / model
            if added.is_dir():
                shutil.copytree(added, models / model)
        folder = DataFolder(path=path, models=ModelStore(models))
        for model in names:
            folder.model(model)
        yield folder
