"""What is done with the ledger, as the audit log is told of it: by whom, ids and counts, and nothing that was said."""

import re
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.ledger.retention import Retention
from gateway.processes.ledger_words import RecordAct

OWNER: Final = "owner"
"""Who asks at the ledger's own socket, and on the folder itself."""
_ID: Final = re.compile(r"[0-9A-Za-z_.:-]{0,255}")
"""What the audit log, which forgets nothing, is told of who asks and about what: no sentence is an id."""
_NO_ID: Final = "?"


class Acts(Protocol):
    """Where it is written down what was done."""

    async def record(self, act: RecordAct) -> str:
        """Write it down; return "" when it is written, or why it is not."""

    def owe(self, act: RecordAct) -> None:
        """Have it written down some time soon; nobody waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Who asks."""

    by: str
    user_id: str = ""
    is_here: bool = True
    """Not where voice says who asks."""

    def act(self, act: str, *, about: str = "", turns: int = 0, clips: int = 0, rules: int = 0) -> RecordAct:
        """Return what the audit log is to say of what they do."""
        return RecordAct(
            id=0,
            by=an_id(self.by),
            act=act,
            about=about,
            user_id=an_id(self.user_id),
            turns=turns,
            clips=clips,
            rules=rules,
        )


def an_id(text: str) -> str:
    """Return what is an id, or looks like one; of anything else, that it is none."""
    return text if _ID.fullmatch(text) else _NO_ID


def keeps_more(chosen: Retention, before: Retention) -> bool:
    """Tell whether anything is kept for longer than before."""
    times = (
        (chosen.transcripts_s, before.transcripts_s),
        (chosen.audio_s, before.audio_s),
        (chosen.false_wakes_s, before.false_wakes_s),
    )
    return any((new or 0) > (old or 0) for new, old in times)


def retention_words(retention: Retention) -> str:
    """Return it as the audit log has it."""

    def seconds(kept_s: int | None) -> str:
        return "off" if kept_s is None else str(kept_s)

    return (
        f"transcripts={seconds(retention.transcripts_s)} audio={seconds(retention.audio_s)} "
        f"false_wakes={retention.false_wakes_s}"
    )
