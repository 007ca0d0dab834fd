"""What `doctor` finds out about what keeps the process that hears from connecting: asked, or tried. Changes nothing."""

import asyncio
from pathlib import Path
from types import MappingProxyType
from typing import Final

from gateway.broker.owner_link import NoGatewayError, answer_of, owner_link
from gateway.commands.protection_trial import tried
from gateway.commands.service_checks import Finding, Level
from gateway.config import Config
from gateway.errors import LinkError, ProcessError
from gateway.protection import SAME_USER, Layer, Protection
from gateway.wire.broker_words import AskProtection, ProtectionIs

LABEL: Final = "Protection"
MEANING: Final = MappingProxyType(
    {
        Layer.SECCOMP: "a filter of system calls on all of its threads and children",
        Layer.NO_NEW_PRIVILEGES: "no program that it starts has more rights",
        Layer.NO_CAPABILITIES: "none of root's powers",
        Layer.OWN_USER: "a user of its own",
        Layer.EMPTY_NETWORK: "a network with nothing in it",
        Layer.LANDLOCK: "reads program and models, writes nothing (Landlock)",
    }
)
"""Of each layer, for people."""
NOT_STRICT: Final = (
    "[server] strict = false: the gateway serves even where that process could connect; take that line out"
)
SEPARATE: Final = "as a service of the machine it is another one: sudo local-voice service install"
WRITABLE: Final = "it could write the program's own files; take from others the right to write them"


def protection_findings(config: Config, folder: Path) -> list[Finding]:
    """Return how the gateway that keeps `folder` is protected; where none runs, how one that starts now would be."""
    found = [] if config.server.strict else [_finding(Level.PROBLEM, NOT_STRICT)]
    try:
        protection, when = asyncio.run(_asked(folder)), "when it started last"
        if protection is None:
            protection, when = tried(folder), "tried just now, as no gateway runs"
    except LinkError as error:
        return [*found, _finding(Level.NOTE, str(error))]
    except ProcessError as error:
        return [*found, _finding(Level.PROBLEM, str(error))]
    return [*found, *_told(protection, when)]


async def _asked(folder: Path) -> Protection | None:
    """Return what the gateway that runs says; None where none runs. Raises LinkError."""
    try:
        async with owner_link(folder) as gateway:
            answer = answer_of(ProtectionIs, await gateway.ask(AskProtection()))
    except NoGatewayError:
        return None
    known = set(Layer)
    return Protection(
        layers=tuple(Layer(layer) for layer in answer.layers if layer in known),
        missing=answer.missing,
        attempts=answer.attempts,
        ways_out=answer.ways_out,
        is_same_user=answer.is_same_user,
    )


def _told(protection: Protection, when: str) -> list[Finding]:
    tries = f"{protection.attempts} ways out tried"
    if protection.is_enforced:
        found = [_finding(Level.GOOD, f"the process that hears cannot connect: {tries}, none open ({when})")]
    else:
        found = [_finding(Level.PROBLEM, f"the process that hears could connect: {_how(protection)} ({tries}; {when})")]
    found += [_finding(Level.GOOD, f"{layer}: {MEANING[layer]}") for layer in protection.layers]
    found += [
        _finding(Level.PROBLEM if layer == Layer.SECCOMP else Level.NOTE, f"{layer} is missing: {why}")
        for layer, why in protection.missing.items()
    ]
    if protection.is_same_user:
        way_out = WRITABLE if Layer.OWN_USER in protection.layers else SEPARATE
        found.append(_finding(Level.NOTE, f"{SAME_USER}; {way_out}"))
    return found


def _how(protection: Protection) -> str:
    if protection.ways_out:
        return f"open are {', '.join(protection.ways_out)}"
    return "nothing was tried" if Layer.SECCOMP in protection.layers else "nothing filters what it asks of the kernel"


def _finding(level: Level, text: str) -> Finding:
    return Finding(label=LABEL, level=level, text=text)
