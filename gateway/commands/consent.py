"""`local-voice consent`: what waits for a yes, its exact bytes, and the yes or no of who is at the gateway itself."""

import argparse
import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gateway.broker.owner_link import answer_of, owner_link
from gateway.commands.asking import answer, consent_is, have_done, state_and_names
from gateway.commands.consent_shown import SHORT_ID_CHARS, Shown, clock, host_of, lines_of, visible
from gateway.commands.previewing import previewed
from gateway.commands.prompts import is_at_terminal, secret, typed
from gateway.errors import ConfigError
from gateway.files import write_privately
from gateway.paths import owned_gateway_dir
from gateway.wire.consent_words import Approve, AskConsent, CloudAnswer, ConsentIs, DecidedWords, Refuse, WaitingWords

OK, NOT_APPROVED, NOT_ANSWERED = 0, 1, 3
OUTCOME_S: Final = 25.0
"""So long a send may take, and a little."""
POLL_S: Final = 0.25
SENDING: Final = "sending"
FATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        SENDING: "being sent",
        "answered": "sent and answered",
        "failed": "failed",
        "refused": "refused",
        "expired": "nobody decided in time",
        "withdrawn": "taken back where it was asked for",
        "revoked": "revoked",
    }
)
REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "no_address": "its name has no address",
        "private_address": "its address is one at home, and it was not added with --local",
        "public_address": "its address is not one at home, and it was added with --local",
        "not_reached": "it is not reached",
        "certificate": "its certificate is not good",
        "late": "it took too long",
        "redirect": "it points elsewhere, which is not followed",
        "status": "it refused",
        "too_large": "its answer is too large",
        "broken_answer": "its answer is none of HTTP's",
        "no_answer": "there is no answer in what it said",
        "switched_off": "the switch was turned off",
        "destination": "the destination was removed or replaced",
        "peer_revoked": "who said yes is no peer any more",
        "stopped": "the gateway was stopped",
        "not_stored": "it could not be written down",
        "internal": "the gateway failed; its log says more",
    }
)
"""What people call the reasons of `gateway.broker.egress`, and of revoking; others are shown by their own name."""


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `consent` to the program's."""
    parser = subparsers.add_parser("consent")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="what waits for a yes, and what was decided lately")
    showing = actions.add_parser("show", help="where a request goes, and its exact bytes")
    approving = actions.add_parser("approve", help="show it, ask you, and send it, once")
    refusing = actions.add_parser("refuse", help="do not send it, nor the same bytes for ten minutes")
    for action in (showing, approving, refusing):
        action.add_argument("request", metavar="ID", help="or its beginning, as `local-voice consent list` shows it")
    showing.add_argument("--save", type=Path, metavar="FILE", help="write the sound in it, a WAV file")
    showing.add_argument("--raw", type=Path, metavar="FILE", help="write its exact bytes")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what `args` say and return the exit code. Raises ConfigError, LinkError, TrustError."""
    console = Console()
    match args.action:
        case "list":
            _list(console)
        case "show":
            _show(args, console)
        case "refuse":
            request_id = _named(args.request, asyncio.run(consent_is())).request_id
            asyncio.run(have_done(Refuse(id=1, request_id=request_id)))
            _say(console, f"Refused: {request_id}. The same is not asked for again for ten minutes.")
        case _:
            return _approve(args.request, console)
    return OK


# Looking


def _list(console: Console) -> None:
    state, names = asyncio.run(state_and_names())
    if not state.is_allowed:
        _say(console, 'Nothing can wait: "Allow cloud requests" is off (`local-voice cloud on`).')
    elif not state.waiting:
        _say(console, "Nothing waits.")
    if state.waiting:
        rows = ((*_told(each, names), f"{each.size_bytes} bytes", clock(each.left_s)) for each in state.waiting)
        _print_table(console, ("id", "what", "asked at", "to", "size", "left"), rows)
    if state.decided:
        if state.waiting:
            _say(console, "")
        rows = ((*_told(each, names), _time(each.decided_at), _fate(each)) for each in state.decided)
        _print_table(console, ("id", "what", "asked at", "to", "decided", "and"), rows)


def _print_table(console: Console, headings: Sequence[str], rows: Iterable[tuple[str, ...]]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in headings:
        table.add_column(heading, no_wrap=heading in {"id", "what", "size", "left"}, overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    console.print(table, highlight=False)


def _told(request: WaitingWords | DecidedWords, names: Mapping[str, str]) -> tuple[str, str, str, str]:
    short, where = request.request_id[:SHORT_ID_CHARS], _place(request.satellite_id, names)
    return short, request.content, where, request.destination_id


def _place(satellite_id: str, names: Mapping[str, str]) -> str:
    return names.get(satellite_id, satellite_id[:SHORT_ID_CHARS]) if satellite_id else "Home Assistant"


def _show(args: argparse.Namespace, console: Console) -> None:
    state, names = asyncio.run(state_and_names())
    request = _found(args.request, state)
    if isinstance(request, DecidedWords):
        if args.save or args.raw:
            raise ConfigError(f"consent: {request.request_id} waits no more, and its bytes are kept no longer")
        _say(console, f"{request.request_id}: {_fate(request)}; its bytes are kept no longer.")
        if request.has_answer:
            _print_answer(console, request.destination_id, asyncio.run(answer(request.request_id)))
        return
    shown = asyncio.run(previewed(request.request_id))
    if args.save and not shown.sound:
        raise ConfigError(f"consent: there is no sound in {request.request_id}; --raw FILE writes its bytes")
    _print(console, shown, request, names)
    for path, content in ((args.save, shown.sound), (args.raw, shown.raw)):
        if path is not None:
            write_privately(path.absolute(), content)
            _say(console, f"Written: {path}, {len(content)} bytes, readable by you alone.")


def _print(console: Console, shown: Shown, request: WaitingWords, names: Mapping[str, str]) -> None:
    asked = f"{_place(request.satellite_id, names)}, {_time(request.asked_at)}"
    for line in lines_of(shown, asked):
        console.print(line, soft_wrap=True, highlight=False)


# Deciding


def _approve(wanted: str, console: Console) -> int:
    if not is_at_terminal():
        raise ConfigError("consent approve: a person has to see the request; run it in a terminal")
    state, names = asyncio.run(state_and_names())
    request = _named(wanted, state)
    shown = asyncio.run(previewed(request.request_id))
    _print(console, shown, request, names)
    if typed("Send exactly this? Type yes: ").strip().lower() != "yes":
        _say(console, "Nothing is sent. It waits until its time is over, or until it is refused.")
        return NOT_APPROVED
    preview = shown.preview
    pin = secret("PIN (not shown): ") if state.has_pin else ""
    yes = Approve(id=1, request_id=request.request_id, hash=preview.hash, nonce=preview.nonce, pin=pin)
    asyncio.run(have_done(yes))
    _say(console, f"Approved, and being sent to {host_of(shown.destination)}.")
    decided = asyncio.run(_outcome(request.request_id))
    if decided is None:
        _say(console, "It is not known yet what became of it; `local-voice consent list` will tell.")
        return NOT_ANSWERED
    fate = _fate(decided)
    _say(console, f"{fate[0].upper()}{fate[1:]}; {decided.sent_bytes} bytes left the home.")
    if decided.fate != "answered":
        return NOT_ANSWERED
    _print_answer(console, request.destination_id, asyncio.run(answer(request.request_id)))
    return OK


async def _outcome(request_id: str) -> DecidedWords | None:
    """Return what became of an approved request; None where that is not known in time."""
    until_s = monotonic() + OUTCOME_S
    async with owner_link(owned_gateway_dir()) as gateway:
        while monotonic() < until_s:
            state = answer_of(ConsentIs, await gateway.ask(AskConsent()))
            for decided in state.decided:
                if decided.request_id == request_id and decided.fate != SENDING:
                    return decided
            await asyncio.sleep(POLL_S)
    return None


def _fate(decided: DecidedWords) -> str:
    told = FATES.get(decided.fate, decided.fate)
    reason = REASONS.get(decided.reason, decided.reason)
    status = f" (HTTP status {decided.status})" if decided.status and decided.fate != "answered" else ""
    return f"{told}: {reason}{status}" if reason else f"{told}{status}"


def _print_answer(console: Console, destination_id: str, answer: CloudAnswer) -> None:
    if answer.error:
        raise ConfigError(answer.message or answer.error)
    _say(console, f"{destination_id} says:")
    for line in answer.text.splitlines():
        console.print(visible(line), soft_wrap=True, highlight=False)


# Finding


def _named(wanted: str, state: ConsentIs) -> WaitingWords:
    """Return the waiting request whose id begins like this. Raises ConfigError."""
    found = _found(wanted, state)
    if isinstance(found, DecidedWords):
        raise ConfigError(f"consent: {found.request_id} waits no more: {_fate(found)}")
    return found


def _found(wanted: str, state: ConsentIs) -> WaitingWords | DecidedWords:
    requests: tuple[WaitingWords | DecidedWords, ...] = (*state.waiting, *state.decided)
    found = [request for request in requests if wanted and request.request_id.startswith(wanted)]
    if not found:
        raise ConfigError(f"consent: there is no request {wanted!r}; `local-voice consent list` shows which there are")
    if len(found) > 1:
        raise ConfigError(f"consent: {len(found)} requests begin with {wanted!r}; give more of the id")
    return found[0]


def _time(at: str) -> str:
    try:
        return f"{datetime.fromisoformat(at).astimezone():%H:%M:%S}"
    except ValueError, OverflowError:
        return at


def _say(console: Console, line: str) -> None:
    console.print(escape(line), soft_wrap=True, highlight=False)
