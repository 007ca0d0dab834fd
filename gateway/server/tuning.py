"""How eagerly a satellite wakes: what other sensitivities would have come to, by the wakes that are known of it.

Only wakes are known: what was never taken for a wake word has no score here. So what a lower sensitivity would have
spared and cost can be told, and of a higher one nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.errors import ProtocolError
from gateway.offer import HIGHEST_SENSITIVITY, LOWEST_SENSITIVITY
from gateway.processes.ledger_words import AskWakes, MarkTurn, Wakes, WakeWords
from gateway.server.remembered import Asker
from gateway.turn.wake import THRESHOLDS, Thresholds
from gateway.wire.learning_words import AskTuning, MarkWake, SetSensitivity, Tuning, TuningOption

STEP: Final = 5
LOWEST_TUNED: Final = 20
"""No mark makes a satellite deafer than this; a person may."""
FEWEST_REAL_WAKES: Final = 20
"""So many have to be known before a mark changes anything by itself."""

_USUAL: Final = Thresholds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivities:
    """How eagerly a satellite wakes now."""

    own: int | None
    """None where it does as the gateway does."""
    usual: int
    """The gateway's."""

    @property
    def now(self) -> int:
        """What holds."""
        return self.usual if self.own is None else self.own


async def tuned(
    asked: AskTuning | MarkWake,
    asker: Asker,
    *,
    usual: int,
    thresholds: Mapping[str, Thresholds] = THRESHOLDS,
) -> Tuning:
    """Return what is known of a satellite's wakes, after a mark was made where one was asked for.

    A mark makes the satellite less eager where that spares false wakes, and would have cost none of enough real ones.
    Raises ProtocolError, LedgerError.
    """
    satellite_id = await _marked(asked, asker) if isinstance(asked, MarkWake) else asked.satellite_id
    wakes = (await asker.ask(AskWakes(id=asked.id, satellite_id=satellite_id), Wakes)).wakes
    sensitivities = Sensitivities(own=asker.ledger.sensitivity(satellite_id), usual=usual)
    tuning = _tuning(asked.id, satellite_id, wakes, sensitivities, thresholds)
    if not isinstance(asked, MarkWake) or not asked.is_false or not _may_change(tuning):
        return tuning
    lower = tuning.suggested
    await asker.do(SetSensitivity(id=asked.id, satellite_id=satellite_id, sensitivity=lower, user_id=asked.user_id))
    changed = Sensitivities(own=lower, usual=usual)
    return _tuning(asked.id, satellite_id, wakes, changed, thresholds, is_changed=True)


def would_wake(wake: WakeWords, sensitivity: int, thresholds: Mapping[str, Thresholds] = THRESHOLDS) -> bool:
    """Tell whether what was heard then would have woken a satellite of this sensitivity."""
    needed = thresholds.get(wake.wake_word, _USUAL).at(sensitivity)
    if wake.score < needed.first:
        return False
    if needed.agree(wake.score, wake.second_score):
        return True
    if wake.second_score is None:
        return False
    return needed.first_alone is not None and wake.score >= needed.first_alone


async def _marked(asked: MarkWake, asker: Asker) -> str:
    """Make the mark; return where it was."""
    turn = await asker.turn(asked.turn_id)
    if not turn.wake_word or turn.wake_score is None:
        raise ProtocolError("malformed", "that turn did not begin with a wake word")
    await asker.do(
        MarkTurn(
            id=asked.id,
            turn_id=asked.turn_id,
            is_false=asked.is_false,
            of_user=asked.of_user,
            user_id=asked.user_id,
        )
    )
    return turn.satellite_id


def _tuning(
    question_id: int,
    satellite_id: str,
    wakes: Sequence[WakeWords],
    sensitivities: Sensitivities,
    thresholds: Mapping[str, Thresholds],
    *,
    is_changed: bool = False,
) -> Tuning:
    real = [wake for wake in wakes if wake.verdict == "real"]
    false = [wake for wake in wakes if wake.verdict == "false"]

    def option(sensitivity: int) -> TuningOption:
        return TuningOption(
            sensitivity=sensitivity,
            false_wakes=sum(would_wake(wake, sensitivity, thresholds) for wake in false),
            missed=sum(not would_wake(wake, sensitivity, thresholds) for wake in real),
        )

    options = tuple(option(at) for at in range(LOWEST_SENSITIVITY, HIGHEST_SENSITIVITY + 1, STEP))
    return Tuning(
        id=question_id,
        satellite_id=satellite_id,
        sensitivity=sensitivities.now,
        is_own=sensitivities.own is not None,
        false_wakes=len(false),
        real_wakes=len(real),
        options=options,
        suggested=_suggested(option(sensitivities.now), options),
        is_changed=is_changed,
    )


def _suggested(now: TuningOption, options: Sequence[TuningOption]) -> int | None:
    """Return the sensitivity below the one in use that spares most false wakes and costs nothing; None for none.

    Of several that do, the most eager one.
    """
    better = [
        option
        for option in options
        if LOWEST_TUNED <= option.sensitivity < now.sensitivity
        and option.missed <= now.missed
        and option.false_wakes < now.false_wakes
    ]
    best = min(better, key=lambda option: (option.false_wakes, -option.sensitivity), default=None)
    return None if best is None else best.sensitivity


def _may_change(tuning: Tuning) -> bool:
    return tuning.suggested is not None and tuning.real_wakes >= FEWEST_REAL_WAKES
