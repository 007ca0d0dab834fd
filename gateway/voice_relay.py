"""What the process that hears has the broker do, by way of the launcher: remember a choice, and ask a person.

It has no other way to either: it writes nothing, and connects to nobody.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from itertools import count
from typing import Final

from gateway.errors import ConfigError, LinkError
from gateway.offer import SettingsChange
from gateway.processes.link import Link
from gateway.processes.words import (
    CloudIs,
    KeepSettings,
    NamedThing,
    Propose,
    Proposed,
    SettingsKept,
    ToVoice,
    Withdraw,
    Withdrawn,
)
from gateway.turn.proposals import CloudState, Content, Proposal, Refusal
from gateway.turn.proposals import Proposed as TurnProposed
from gateway.wire.messages import NAME_CHARS, Message

KEPT_S: Final = 10.0
"""The broker writes two small files; on an old memory card that takes a second."""
PROPOSED_S: Final = 5.0
"""It writes nothing for this; somebody waits for the answer."""
WITHDRAWN_S: Final = 3.0
"""A connection is cut, and a row written."""

MOST_KNOWN: Final = 64
"""Requests whose language is known: several times as many as may wait for a person."""

type Answer = SettingsKept | Proposed | Withdrawn


class _Questions:
    """Questions to the broker, each with a number of its own, and the answers to them."""

    def __init__(self, link: Link[ToVoice]) -> None:
        self._link = link
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Answer]] = {}

    async def ask(self, question: Callable[[int], Message], within_s: float) -> Answer | None:
        """Return the answer to `question`, made with its number; None where none comes in time, or nobody listens."""
        number = next(self._numbers)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self._link.say(question(number))
            async with asyncio.timeout(within_s):
                return await answer
        except TimeoutError, LinkError:
            return None
        finally:
            del self._waiting[number]

    def answered(self, answer: Answer) -> None:
        """Take an answer; one that nobody waits for any more is passed over."""
        waiting = self._waiting.get(answer.id)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)


class Memory:
    """Has the broker remember what was chosen."""

    def __init__(self, link: Link[ToVoice]) -> None:
        self._questions = _Questions(link)

    async def remember(self, change: SettingsChange) -> None:
        """Return when `change` holds over restarts. Raises ConfigError where it does not."""
        kept = await self._questions.ask(lambda number: KeepSettings(id=number, change=change), KEPT_S)
        if not isinstance(kept, SettingsKept):
            raise ConfigError("the broker does not answer, so the choice would be forgotten; try again")
        if kept.error:
            raise ConfigError(kept.error)

    def kept(self, answer: SettingsKept) -> None:
        """Take the broker's answer."""
        self._questions.answered(answer)


class RelayedCloud:
    """Has the broker ask a person whether something may be sent (`gateway.turn.stages.Cloud`)."""

    def __init__(self, link: Link[ToVoice]) -> None:
        self._questions = _Questions(link)
        self._is = CloudIs(is_allowed=False)
        self._languages: OrderedDict[str, str] = OrderedDict()

    def state(self, content: Content) -> CloudState:
        """Return whether anything of this kind could be proposed, by what the broker said last."""
        if content not in self._is.contents:
            return CloudState.NOT_SET_UP
        return CloudState.READY if self._is.is_allowed else CloudState.SWITCHED_OFF

    async def propose(self, proposal: Proposal) -> TurnProposed:
        """Have a person asked; return that somebody is, or why nobody is."""
        proposed = await self._questions.ask(lambda number: _propose(number, proposal), PROPOSED_S)
        if not isinstance(proposed, Proposed):
            return TurnProposed(refusal=Refusal.AWAY)
        if proposed.request_id:
            self._languages[proposed.request_id] = proposal.language
            while len(self._languages) > MOST_KNOWN:
                self._languages.popitem(last=False)
        return TurnProposed(request_id=proposed.request_id, refusal=proposed.error)

    def language_of(self, request_id: str) -> str:
        """Return the language that something was proposed in; empty where nobody knows any more."""
        return self._languages.get(request_id, "")

    async def withdraw(self, satellite_id: str) -> int:
        """Have nothing sent, or nothing more, that was asked for there; return how many requests that ended."""
        withdrawn = await self._questions.ask(
            lambda number: Withdraw(id=number, satellite_id=satellite_id), WITHDRAWN_S
        )
        return withdrawn.requests if isinstance(withdrawn, Withdrawn) else 0

    def now_is(self, cloud: CloudIs) -> None:
        """Know what the broker says of what could be proposed."""
        self._is = cloud

    def answered(self, answer: Proposed | Withdrawn) -> None:
        """Take the broker's answer."""
        self._questions.answered(answer)


def _propose(number: int, proposal: Proposal) -> Propose:
    names = (NamedThing(name=known.name[:NAME_CHARS], kind=known.kind.value) for known in proposal.names)
    return Propose(
        id=number,
        satellite_id=proposal.satellite_id,
        content=proposal.content.value,
        text=proposal.text,
        sound=proposal.sound,
        language=proposal.language,
        names=tuple(names),
    )
