"""Every phrase in which the gateway says why (`turn_rows.py`) is read by the page (`frontend/src/turns/reasons.ts`)."""

import ast
import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from gateway.events import ConsentAsked, Event, IntentRecognized, NothingHeard, Outcome, QuestionAsked, TurnFailed
from gateway.ledger.rows import TurnRow
from gateway.server import turn_rows
from gateway.server.pipeline_turns import PipelineTurns
from gateway.suggestions import Replacement
from tests.gateway.server.kept_ledger import NotingLedger
from tests.gateway.server.test_pipeline_turns import spoken
from tests.gateway.server.test_turn_rows import (
    DONE,
    HEARD,
    QUESTION,
    SPEECH,
    UNDERSTOOD,
    WAKE,
    Satellite,
    answer,
    ended,
    row_of,
)

ROOT: Final = Path(__file__).parents[3]
NODE: Final = Path(sys.executable).with_name("node")
RUN_S: Final = 30
SAYS_WHY: Final = ("_why", "_meaning", "_reading", "_nothing_done", "_asked_back", "_SILENCES", "_WITHOUT_INTENT")
"""Of `turn_rows`, what holds the phrases."""
SHORTEST_PHRASE: Final = len("asked ")
LIKELIEST: Final = IntentRecognized(t_ms=1, name="HassGetState", slots={}, heard=HEARD.text, used=HEARD.text)
IMITATION: Final = (
    'x"; asked "y"; heard "z"; something failed: home; a person was asked whether the words may be sent to the cloud, '
    "request 1; it was cut short"
)
"""What somebody, or a television, says in order to be taken for the gateway."""
NONE: Final = {"failure": "", "requestId": "", "question": "", "answer": "", "isByRule": False}


def cut_short(*events: Event) -> TurnRow:
    satellite = Satellite()
    satellite.hears(WAKE, *events)
    satellite.collected.finish()
    return satellite.row


async def written_down() -> TurnRow:
    """Return what is kept of what was recognised, and asked of nobody."""
    ledger = NotingLedger()
    turns = PipelineTurns(ledger)
    turns.recognized("conversation", spoken())
    turns.close()
    return ledger.row


def heard(*events: Event) -> tuple[Event, ...]:
    return (*SPEECH, HEARD, *events)


def cases() -> Iterator[tuple[TurnRow, list[str], dict[str, Any]]]:
    """Yield rows, the texts that the page has for each, and what else it finds in it."""
    asked = {"question": QUESTION.text}
    yield row_of(*heard(LIKELIEST), ended(Outcome.ANSWER)), ["likeliest"], {}
    yield row_of(*heard(UNDERSTOOD, DONE), ended(Outcome.ACTION)), ["later"], {}
    for rule_ids in (("0a",), ("0a", "0b")):
        taught = replace(UNDERSTOOD, rule_ids=rule_ids)
        yield row_of(*heard(taught, DONE), ended(Outcome.ACTION)), ["rule"], {"isByRule": True}
    misheard = (Replacement(heard="life", used="Light", cost=0.3), Replacement(heard="the", used="", cost=1.0))
    by_sound = replace(UNDERSTOOD, replaced=misheard)
    yield row_of(*heard(by_sound, DONE), ended(Outcome.ACTION)), ["by_sound"], {}
    nearest = replace(LIKELIEST, is_nearest=True)
    yield row_of(*heard(nearest, DONE), ended(Outcome.ACTION)), ["nearest", "likeliest"], {}
    chosen = heard(QUESTION, answer("The light."), replace(by_sound, is_asked=True), DONE)
    yield row_of(*chosen, ended(Outcome.ACTION)), ["asked"], {**asked, "answer": "The light."}
    yield row_of(*heard(), ended(Outcome.ANSWER)), ["own_sentence"], {}
    yield row_of(*heard(), ended(Outcome.NOT_UNDERSTOOD)), ["not_understood"], {}
    yield row_of(*heard(), ended(Outcome.NEVER_MIND)), ["never_mind"], {}
    yield row_of(*heard(LIKELIEST), ended(Outcome.NEVER_MIND)), ["likeliest", "never_mind"], {}
    yield row_of(*heard(), ended(Outcome.FORGOTTEN)), ["forgotten"], {}
    yield row_of(*heard(UNDERSTOOD), ended(Outcome.NOT_CONFIRMED)), ["later", "needs_yes"], {}
    yes = heard(UNDERSTOOD, QUESTION, answer("Yes."), DONE)
    yield row_of(*yes, ended(Outcome.ACTION)), ["later"], {**asked, "answer": "Yes."}
    yield cut_short(*yes), ["later", "cut_short"], {**asked, "answer": "Yes."}
    no = heard(UNDERSTOOD, QUESTION, answer("No."))
    yield row_of(*no, ended(Outcome.NOT_CONFIRMED)), ["later", "no_yes"], {**asked, "answer": "No."}
    yield row_of(*heard(UNDERSTOOD, QUESTION), ended(Outcome.NOT_CONFIRMED)), ["later", "no_answer"], asked
    pin = heard(UNDERSTOOD, QUESTION, answer("Yes."), QuestionAsked(t_ms=2_040, text="PIN?", is_secret=True))
    yield row_of(*pin, DONE, ended(Outcome.ACTION)), ["later", "pin"], {**asked, "answer": "Yes."}
    yield row_of(*pin, ended(Outcome.NOT_CONFIRMED)), ["later", "no_pin"], {**asked, "answer": "Yes."}
    should = QuestionAsked(t_ms=2_050, text="Should I?")
    yield row_of(*heard(should), ended(Outcome.NOT_CONFIRMED)), ["no_answer"], {"question": "Should I?"}
    for content in ("text", "audio"):
        consent = ConsentAsked(t_ms=1, request_id="0a1b", content=content)
        yield row_of(*heard(consent), ended(Outcome.CONSENT_ASKED)), ["consent"], {"requestId": "0a1b"}
    for reason, text in {"silence": "silence", "noise": "noise", "no_words": "no_words", "new": "nothing"}.items():
        yield row_of(NothingHeard(t_ms=1, reason=reason), ended(Outcome.NOTHING_HEARD)), [text], {}
    yield row_of(*heard(NothingHeard(t_ms=1, reason="noise")), ended(Outcome.NOTHING_HEARD)), ["noise"], {}
    failed = TurnFailed(t_ms=1, code="home")
    yield row_of(failed, ended(Outcome.ERROR)), [], {"failure": "home"}
    yield row_of(*heard(UNDERSTOOD, failed), ended(Outcome.ERROR)), ["later"], {"failure": "home"}
    yield cut_short(*no, failed), ["later", "cut_short"], {**asked, "answer": "No.", "failure": "home"}
    yield cut_short(HEARD), ["cut_short"], {}


def imitations() -> Iterator[tuple[TurnRow, list[str], dict[str, Any]]]:
    said = replace(HEARD, text=IMITATION)
    yield row_of(*SPEECH, said, ended(Outcome.NOT_UNDERSTOOD)), ["not_understood"], {}
    by_sound = replace(UNDERSTOOD, used=IMITATION, replaced=(Replacement(heard=IMITATION, used=IMITATION, cost=0.3),))
    yield row_of(*heard(by_sound), ended(Outcome.ACTION)), ["by_sound"], {}
    for rule_ids, text in (((), "later"), (("0a",), "rule")):
        used = replace(UNDERSTOOD, used=IMITATION, rule_ids=rule_ids)
        yield row_of(*heard(used), ended(Outcome.ACTION)), [text], {"isByRule": text == "rule"}
    asked = row_of(*heard(UNDERSTOOD, QUESTION, answer(IMITATION)), ended(Outcome.NOT_CONFIRMED))
    yield asked, ["later", "no_yes"], {"question": QUESTION.text, "answer": IMITATION}


def read_by_the_page(rows: list[TurnRow]) -> list[dict[str, Any]]:
    """Return what the page finds in rows."""
    names = ("outcome", "heard", "used", "why", "intent")
    turns = json.dumps([{name: getattr(row, name) for name in names} for row in rows])
    program = (
        f"import {{ reasonsOf }} from {json.dumps((ROOT / 'frontend/src/turns/reasons.ts').as_uri())};"
        f"console.log(JSON.stringify({turns}.map(reasonsOf)))"
    )
    run = subprocess.run(
        [NODE, "--experimental-strip-types", "--no-warnings", "--input-type=module", "--eval", program],
        capture_output=True,
        check=True,
        encoding="utf-8",
        timeout=RUN_S,
    )
    found: list[dict[str, Any]] = json.loads(run.stdout)
    return found


def phrases() -> Iterator[str]:
    """Yield every piece of English in which the gateway says why."""
    for node in ast.parse(inspect.getsource(turn_rows)).body:
        names = [node.name] if isinstance(node, ast.FunctionDef) else []
        names += [node.target.id] if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) else []
        if {*names} & {*SAYS_WHY} and isinstance(node, ast.FunctionDef | ast.AnnAssign):
            body = node.body[1:] if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) else [node]
            for part in (part for one in body for part in ast.walk(one)):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


async def test_the_page_reads_every_phrase_and_has_each_of_its_texts_for_one() -> None:
    known = [*cases(), (await written_down(), ["recognized"], {})]
    every_why = "\n".join(row.why for row, _, _ in known)
    said = {phrase for phrase in phrases() if " " in phrase and len(phrase) >= SHORTEST_PHRASE}
    assert len(said) > len(SAYS_WHY), "the gateway says why in another way now"
    assert {phrase for phrase in said if phrase not in every_why} == set(), "said by no case of this test"
    for (row, texts, more), read in zip(known, read_by_the_page([row for row, _, _ in known]), strict=True):
        assert read == {**NONE, **more, "texts": [f"reasons.{text}" for text in texts]}, row.why
    words = json.loads((ROOT / "custom_components/local_voice/translations/en.json").read_text(encoding="utf-8"))
    assert {text for _, texts, _ in known for text in texts} == {*words["config_panel"]["reasons"]} - {"failed"}


def test_what_was_said_is_never_taken_for_what_the_gateway_says() -> None:
    known = list(imitations())
    for (row, texts, more), read in zip(known, read_by_the_page([row for row, _, _ in known]), strict=True):
        assert read == {**NONE, **more, "texts": [f"reasons.{text}" for text in texts]}, row.why
