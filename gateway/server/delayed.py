"""What was asked for earlier, when its time has come: done as if it was said where its timer was set."""

from collections.abc import Callable

from gateway.errors import HomeError
from gateway.events import ActionRequest
from gateway.timers import TimerFinished
from gateway.turn import policy
from gateway.turn.obey import obey
from gateway.turn.stages import Stages


async def answer_to(timer: TimerFinished, command: str, stages: Stages, failed: Callable[[str], None]) -> str:
    """Do it, in the language of these stages, and return what to say; empty where it means nothing any more.

    What needs a yes that nobody gave is refused: nobody may be there to give it now. `failed` is told the code where
    the home does not answer. Raises EngineError.
    """
    understanding = stages.understanding
    intent = await understanding.match(command, area_id=timer.area_id)
    if intent is None:
        return ""
    request = ActionRequest(
        intent=intent,
        area_id=timer.area_id,
        satellite_id=timer.satellite_id,
        is_confirmed=timer.is_confirmed,
        language=understanding.language,
    )
    try:
        return (await obey(request, stages.home, understanding)).speech
    except HomeError as error:
        failed(error.code)
        return policy.home_is_away(understanding.language)
