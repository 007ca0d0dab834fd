"""What a household teaches, and how well it does: the questions that take understanding (`VoicesQuestion`), answered.

An answer says by its `error` what was not done, and why. Nothing here is heard, kept or forgotten but by the ledger.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from gateway.errors import EngineError, LedgerError, ProtocolError
from gateway.server.accuracy import measured
from gateway.server.correcting import AreaOf, Correcting
from gateway.server.meanings import Learning
from gateway.server.remembered import Asker
from gateway.server.services import Ledger
from gateway.server.tuning import tuned
from gateway.turn.stages import SpeechToText
from gateway.turn.wake import THRESHOLDS, Thresholds
from gateway.wire.learning_words import AskTuning, CorrectTurn, MarkWake, Tuning, TurnCorrected
from gateway.wire.ledger_words import AskStats, Stats
from gateway.wire.messages import Message

ANSWER_S: Final = 60.0
"""Who asked has gone by then; looking for earlier turns ends after a quarter of it."""


async def correct(
    asked: CorrectTurn,
    *,
    by: str,
    ledger: Ledger,
    understanding: Learning,
    stt: SpeechToText | None,
    area_of: AreaOf,
) -> TurnCorrected:
    """Return what a correction comes to; with `keep`, it is kept. Without `stt` sound is not tried."""
    asker = Asker(ledger=ledger, id=asked.id, by=by, of_user=asked.of_user)
    correcting = Correcting(asked, asker, understanding, stt=stt, area_of=area_of)
    return await _answered(correcting.answer, lambda error, why: TurnCorrected(id=asked.id, error=error, message=why))


async def tuning(
    asked: AskTuning | MarkWake,
    *,
    by: str,
    ledger: Ledger,
    usual: int,
    thresholds: Mapping[str, Thresholds] = THRESHOLDS,
) -> Tuning:
    """Return what is known of a satellite's wakes; `usual` is the gateway's sensitivity."""
    asker = Asker(ledger=ledger, id=asked.id, by=by, of_user=asked.of_user if isinstance(asked, MarkWake) else None)
    return await _answered(
        lambda: tuned(asked, asker, usual=usual, thresholds=thresholds),
        lambda error, why: Tuning(id=asked.id, error=error, message=why),
    )


async def stats(asked: AskStats, *, by: str, ledger: Ledger, understanding: Learning) -> Stats:
    """Return how well it does."""
    asker = Asker(ledger=ledger, id=asked.id, by=by)
    return await _answered(
        lambda: measured(asked, asker, understanding),
        lambda error, why: Stats(id=asked.id, error=error, message=why),
    )


async def _answered[A: Message](work: Callable[[], Awaitable[A]], refused: Callable[[str, str], A]) -> A:
    """Return the answer, or the one that says why there is none."""
    try:
        async with asyncio.timeout(ANSWER_S):
            return await work()
    except ProtocolError as error:
        return refused(error.refusal, str(error))
    except LedgerError as error:
        return refused(error.refusal, str(error))
    except EngineError:
        return refused("ledger", "what was said cannot be understood again just now: try it later")
    except TimeoutError:
        return refused("ledger", f"it took longer than {ANSWER_S:g} s: try it later")
