"""The page's commands by which people teach: corrections, the rules that come of them, and wake words."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import probatio

from .ledger_access import Act, Asker
from .page_commands import COUNT, HEX32, ID, NAME, PERCENT, Asked, Told, command, shown
from .wire.learning_messages import (
    LONGEST_RULE_CHARS,
    AskRules,
    AskTuning,
    CorrectTurn,
    MarkWake,
    RemoveRule,
    Rules,
    SetSensitivity,
    Tuning,
    TurnCorrected,
)
from .wire.ledger_messages import LedgerDone

if TYPE_CHECKING:
    from .ledger import Ledger

RULE_TEXT: Final = probatio.All(str, probatio.Length(max=LONGEST_RULE_CHARS))
OF_A_CORRECTION: Final = ("turn_id", "meant", "said", "entity_id", "keep", "despite_harm")
"""Its words in a command, in an action, and on the wire."""


@command(
    "ledger/correct",
    {
        probatio.Required("turn_id"): HEX32,
        probatio.Optional(probatio.Secret("meant"), default=""): RULE_TEXT,
        probatio.Optional(probatio.Secret("said"), default=""): RULE_TEXT,
        probatio.Optional("entity_id", default=""): NAME,
        probatio.Optional("keep", default=False): bool,
        probatio.Optional("despite_harm", default=False): bool,
    },
)
async def correct(asked: Asked) -> Told:
    """Say what was meant: show what would come of it, or with `keep` what has."""
    asker, ledger = asked.may(act_of_correction(asked.words))
    return await have_corrected(ledger, asker, asked.words)


def act_of_correction(words: dict[str, Any]) -> Act:
    """Return what somebody does who corrects a turn with these words."""
    return Act.CORRECT_DESPITE_HARM if words["despite_harm"] else Act.CORRECT


async def have_corrected(ledger: Ledger, asker: Asker, words: dict[str, Any]) -> Told:
    """Have a turn corrected as `words` say, and return what comes of it. Raises NotConnectedError, RefusedError.

    A rule is used for everybody's turns. Who may see their own only is told how many it would harm, not which.
    """
    chosen = {name: words[name] for name in OF_A_CORRECTION}
    corrected = await ledger.ask(
        lambda id_: CorrectTurn(id=id_, **chosen, of_user=asker.of_user, user_id=asker.user_id), TurnCorrected
    )
    return shown(corrected if asker.of_user is None else replace(corrected, harmed=(), replayed=0))


@command("ledger/rules", {probatio.Optional("before", default=None): probatio.Any(None, COUNT)})
async def rules(asked: Asked) -> Told:
    """Show a page of rules."""
    _, ledger = asked.may(Act.RULES)
    before = asked.words["before"]
    return shown(await ledger.ask(lambda id_: AskRules(id=id_, before=before), Rules))


@command("ledger/remove_rule", {probatio.Required("rule_id"): HEX32})
async def remove_rule(asked: Asked) -> Told:
    """Have a rule unlearned."""
    asker, ledger = asked.may(Act.RULES)
    rule_id = asked.words["rule_id"]
    return shown(await ledger.ask(lambda id_: RemoveRule(id=id_, rule_id=rule_id, user_id=asker.user_id), LedgerDone))


@command("ledger/mark_wake", {probatio.Required("turn_id"): HEX32, probatio.Optional("is_false", default=True): bool})
async def mark_wake(asked: Asked) -> Told:
    """Say that nobody said the wake word there, or that somebody did after all."""
    asker, ledger = asked.may(Act.TUNE)
    about = {name: asked.words[name] for name in ("turn_id", "is_false")}
    return shown(await ledger.ask(lambda id_: MarkWake(id=id_, **about, user_id=asker.user_id), Tuning))


@command("ledger/tuning", {probatio.Required("satellite_id"): ID})
async def tuning(asked: Asked) -> Told:
    """Show what other sensitivities would have done at a satellite."""
    _, ledger = asked.may(Act.TUNE)
    satellite_id = asked.words["satellite_id"]
    return shown(await ledger.ask(lambda id_: AskTuning(id=id_, satellite_id=satellite_id), Tuning))


@command(
    "ledger/set_sensitivity",
    {probatio.Required("satellite_id"): ID, probatio.Required("sensitivity"): probatio.Any(None, PERCENT)},
)
async def set_sensitivity(asked: Asked) -> Told:
    """Have a satellite wake like this; null: as the gateway does."""
    asker, ledger = asked.may(Act.TUNE)
    about = {name: asked.words[name] for name in ("satellite_id", "sensitivity")}
    return shown(await ledger.ask(lambda id_: SetSensitivity(id=id_, **about, user_id=asker.user_id), LedgerDone))


COMMANDS: Final = (correct, rules, remove_rule, mark_wake, tuning, set_sensitivity)
