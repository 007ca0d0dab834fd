"""Which model files exist, where they lie on this machine, and whether they are whole.

Loads no model, and dials nobody unless a person asks for a download.
"""

from gateway.models.adding import Addition, add, make_models_folder
from gateway.models.registry import Kind, Model, ModelFile, registered_models
from gateway.models.store import ModelDirectory, ModelStore

__all__ = [
    "Addition",
    "Kind",
    "Model",
    "ModelDirectory",
    "ModelFile",
    "ModelStore",
    "add",
    "make_models_folder",
    "registered_models",
]
