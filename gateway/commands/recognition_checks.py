"""What `doctor` says of recognition: whether the Whisper model is good enough for the language. Measures nothing."""

from typing import Final

from gateway.commands.service_checks import Finding, Level
from gateway.config import Config
from gateway.errors import ModelError
from gateway.languages import called
from gateway.models import Model, ModelStore, fitness
from gateway.models.installed import may_hear
from gateway.offer import Fitness
from gateway.paths import models_dir

LABEL: Final = "Recognition"
BASE: Final = "base"
LARGER: Final = (
    "a larger one hears better: local-voice models add small --kind stt --from FOLDER, with Whisper small for "
    "CTranslate2 in it"
)
AT_LEAST_BASE: Final = f"take {BASE} at least: local-voice models add {BASE}"
_ADVICE: Final = {Fitness.GOOD: "", Fitness.FAIR: LARGER, Fitness.WEAK: LARGER, Fitness.UNMEASURED: ""}


def recognition_findings(config: Config) -> list[Finding]:
    """Return what is to be said of the model that the configuration names; nothing of one that there is not."""
    try:
        known = ModelStore(models_dir()).model(config.stt.model)
    except ModelError:
        return []  # is said where models are listed
    return [_finding(known, language) for language in config.stt.languages]


def _finding(known: Model, language: str) -> Finding:
    model = known.name
    if not may_hear(known, language):
        text = f"{model} does not hear {called(language)}; {AT_LEAST_BASE}"
        return Finding(label=LABEL, level=Level.PROBLEM, text=text)
    fit = fitness.of(model, language)
    is_tiny = fit is Fitness.UNMEASURED and model.startswith("tiny")
    advice = AT_LEAST_BASE if is_tiny else _ADVICE[fit]
    level = Level.NOTE if advice else Level.GOOD
    return Finding(label=LABEL, level=level, text="; ".join(filter(None, (fitness.told(model, language), advice))))
