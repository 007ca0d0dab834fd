"""What `bench understand` found, as figures, tables and plots."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from textwrap import fill
from typing import Final

from bench import plots
from bench.findings import Finding, Plot, Section, Table, at_least, at_most, percent
from bench.gold import plain
from bench.options import Options
from bench.peers.environment import version_of
from bench.peers.servers import TRANSCRIBER
from bench.understand_clips import AFTER_S, BEFORE_S, Group, Noise
from bench.understand_turns import Ending, Turn
from bench.understand_verdicts import (
    Case,
    Missing,
    Other,
    Side,
    Verdict,
    by_peer,
    by_ten_best,
    by_us,
    errors_share,
    of_groups,
    rate,
    rate_by_sentence,
)

FEWEST_CLIPS: Final = 600
RIGHT_PERCENT, NOISY_PERCENT = 97, 90
WRONG_PERCENT: Final = 0.5
ERRORS_SHARE: Final = 1 / 3
WRONG_PERCENT_OF_OTHERS, TEN_BEST_ERRORS_SHARE = 1, 0.5
"""The targets of languages other than English."""
ENGLISH: Final = "en"
ADDED_MS: Final = 60
NEGATIVES_PERCENT: Final = 1
P95: Final = 0.95
NOTHING: Final = "nothing"
WIDTH: Final = 120
AXIS_PERCENT: Final = 112
"""Figures stand right of their bars."""
GROUPS: Final = {
    "people": (Group.PEOPLE,),
    "synthetic": (Group.SYNTHETIC,),
    "piper": (Group.NEAR, Group.ACROSS),
}
"""What has a picture of its own, by the end of its name."""

METHOD: Final = """\
Commands: the recordings of kind `command`{sentences}. Each is heard with {before} s of a {room} before and {after} s
after it. *Ours*: a whole turn after the wake word, as fast as the sound can be read, as far as it is clear what would
be done; nothing is. *Assist*: the same sound through {server} {version} with the same model files, compute type and
threads, and what it hears to Home Assistant's own agent, in a real Home Assistant 2026.11 with the same house and the
satellite in the same area: its sentences first, then its gazetteer. Nothing is carried out there either: that it has
no such device, or does not do it, does not count against it. What a clip means (its gold) is what the sentences of
Home Assistant's agent say of its true text in this very house, never our own matcher{gold}. What means nothing there
does not count. Right is the same intent with the same slots, where only spelling may differ (capitals, 1 and 1.0, an
alias); wrong is anything else that would have been done or answered. *Ten best* is the likeliest reading that means
something, of those that we recognised, without all that comes after.{more}"""
SENTENCES: Final = """, and sentences of Home Assistant's own intent tests, in one house of all their floors, areas and
things, spoken by Piper without its chance, a third each at 0.85, 1 and 1.15 times the usual length, every second one
across one of the shared rooms"""
FROZEN: Final = """; it is frozen in the repository as digests, and sentences of which Home Assistant's tests expect
something else are left out"""
QUIETLY: Final = """ *Missing names*: of each name of a thing, an area or a floor that is said, the house is made
without everything that has it in its own name, and the clips are heard again; what they mean then is asked of Home
Assistant again, and mostly is nothing. *Other sounds*: one turn after a wake word for each recording of kind
`command_oov`, `speech` and `negative_…`, its first thirty seconds; speech that happens to mean something in this house
is left out. *Time* is from what was heard to what it means, in the house padded to 2,000 things, after all else."""
NOISILY: Final = """ Below one half of the clips there is noise or music, below the other people talk: the shared
recordings of kind `negative_…`, drawn by the words that are said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All that was heard."""

    cases: tuple[Case, ...]
    left_out: tuple[str, ...]
    """Texts that do not count."""
    missing: tuple[Missing, ...]
    others: tuple[Other, ...]
    added_ms: tuple[float, ...]


def section(found: Found, options: Options) -> Section:
    """Return what was found; nothing of what was not looked for."""
    return Section(
        title=_title(options),
        method=_method(options),
        findings=(
            *_commands(found, options),
            *_groups(found.cases),
            *_noises(found.cases),
            *_missing(found.missing),
            *_others(found.others),
            *_added(found.added_ms),
        ),
        tables=(
            _by_group(found.cases),
            _by_kind(found.others),
            _confusions(found.cases),
            _confused_missing(found),
            _confused_others(found),
        ),
        plots=tuple(_plots(found.cases, options)),
        listing=(
            *map(_line, found.cases),
            *(f"left out: “{text}” means nothing that is agreed on" for text in found.left_out),
            *(f"without “{one.name}”: {one.verdict:<8}{_told(one.turn)}" for one in found.missing),
            *(f"{one.kind} {one.name}: {_told(one.turn)}" for one in found.others),
        ),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest of `values` that this share of them does not exceed."""
    return sorted(values)[max(math.ceil(share * len(values)), 1) - 1]


def _title(options: Options) -> str:
    language = "" if options.language == ENGLISH else f", {options.language}"
    noise = "" if options.noise_db is None else f", noise at {options.noise_db:g} dB"
    return f"Understanding from speech, {options.model}{language}{noise}"


def _method(options: Options) -> str:
    is_quiet = options.noise_db is None
    room = "quiet room" if is_quiet else f"room with noise {options.noise_db:g} dB below what is said"
    text = METHOD.format(
        sentences=SENTENCES if options.is_usual else "",
        before=BEFORE_S,
        after=AFTER_S,
        room=room,
        server=TRANSCRIBER,
        version=version_of(TRANSCRIBER),
        gold=FROZEN if options.is_usual else "",
        more=QUIETLY if is_quiet else NOISILY,
    )
    return fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _commands(found: Found, options: Options) -> tuple[Finding, ...]:
    cases = found.cases
    is_english = options.language == ENGLISH
    right = at_least(RIGHT_PERCENT if options.noise_db is None else NOISY_PERCENT) if is_english else None
    wrong = at_most(WRONG_PERCENT if is_english else WRONG_PERCENT_OF_OTHERS)
    enough = at_least(FEWEST_CLIPS) if options.is_usual and options.most_clips is None else None
    return (
        Finding(key="clips", what="commands that mean something", value=len(cases), target=enough),
        Finding(key="left_out", what="… sentences left out", value=len(found.left_out)),
        Finding(key="right_rate", what="right intent and slots", value=percent(rate(cases, by_us)), unit="%",
                target=right),
        Finding(key="wrong_action_rate", what="something else would have been done", unit="%",
                value=percent(rate(cases, by_us, Verdict.WRONG)), target=wrong),
        Finding(key="question_rate", what="asked back", value=percent(rate(cases, by_us, Verdict.ASKED)), unit="%"),
        Finding(key="refused_rate", what="not understood", value=percent(rate(cases, by_us, Verdict.REFUSED)),
                unit="%"),
        Finding(key="peer_right_rate", what="Assist: right", value=percent(rate(cases, by_peer)), unit="%"),
        Finding(key="peer_wrong_rate", what="Assist: something else would have been done", unit="%",
                value=percent(rate(cases, by_peer, Verdict.WRONG))),
        Finding(key="errors_share", what="our errors, as a share of Assist's", value=errors_share(cases, by_peer),
                target=at_most(ERRORS_SHARE) if is_english else None),
        Finding(key="ten_best_right_rate", what="ten best: right", value=percent(rate(cases, by_ten_best)), unit="%"),
        Finding(key="ten_best_errors_share", what="our errors, as a share of those of the ten best",
                value=errors_share(cases, by_ten_best),
                target=None if is_english else at_most(TEN_BEST_ERRORS_SHARE)),
        Finding(key="sentence_right_rate", what="right, each distinct sentence counted once", unit="%",
                value=percent(rate_by_sentence(cases, by_us)), target=right),
        Finding(key="sentences", what="distinct sentences", value=len({plain(case.clip.said.text) for case in cases})),
    )  # fmt: skip


def _groups(cases: Sequence[Case]) -> tuple[Finding, ...]:
    groups = {key: of_groups(cases, *groups) for key, groups in GROUPS.items()}
    return tuple(
        Finding(
            key=f"{key}_right_rate",
            what=f"right: {_name(key)} ({len(some)} clips)",
            value=percent(rate(some, by_us)),
            unit="%",
        )
        for key, some in {"human": groups["people"], **{key: groups[key] for key in ("synthetic", "piper")}}.items()
        if some
    )


def _noises(cases: Sequence[Case]) -> tuple[Finding, ...]:
    found = []
    for key, noise in (("noise", Noise.NOISE), ("talk", Noise.TALK)):
        some = [case for case in cases if case.clip.noise is noise]
        if some:
            found += [
                Finding(key=f"{key}_right_rate", what=f"right: {noise} below ({len(some)} clips)", unit="%",
                        value=percent(rate(some, by_us))),
                Finding(key=f"peer_{key}_right_rate", what="… Assist", unit="%", value=percent(rate(some, by_peer))),
            ]  # fmt: skip
    return tuple(found)


def _name(key: str) -> str:
    return {"human": "people", "piper": "Piper", "synthetic": "synthetic recordings"}.get(key, key)


def _missing(missing: Sequence[Missing]) -> tuple[Finding, ...]:
    if not missing:
        return ()
    counts = {verdict: sum(one.verdict is verdict for one in missing) for verdict in Verdict}
    return (
        Finding(key="missing_clips", what="clips that say a name which was taken out of the house",
                value=len(missing)),
        Finding(key="missing_wrong", what="… something else would have been done", value=counts[Verdict.WRONG],
                target=at_most(0)),
        Finding(key="missing_asked", what="… asked back", value=counts[Verdict.ASKED]),
        Finding(key="missing_right", what="… mean something without it, and were right",
                value=counts[Verdict.RIGHT]),
    )  # fmt: skip


def _others(others: Sequence[Other]) -> tuple[Finding, ...]:
    found: list[Finding] = []
    if others:
        acted = sum(one.is_acted_on for one in others)
        found.append(Finding(key="other_sounds", what="sounds that are no command here", value=len(others)))
        found.append(Finding(key="other_actions", what="… acted on or answered as a command", value=acted,
                             target=at_most(0)))  # fmt: skip
    for key, what, target in (
        ("negative", "noise, music, talk", at_most(NEGATIVES_PERCENT)),
        ("command_oov", "commands that no house knows", at_least(100)),
        ("speech", "read speech", None),
    ):
        some = [one for one in others if one.kind.startswith(key)]
        if some:
            answered = percent(sum(one.is_answered for one in some) / len(some))
            found.append(Finding(key=f"{key}_answered_rate", what=f"a spoken answer to {what} ({len(some)})",
                                 value=answered, unit="%", target=target))  # fmt: skip
    return tuple(found)


def _added(added_ms: Sequence[float]) -> tuple[Finding, ...]:
    if not added_ms:
        return ()
    return (
        Finding(key="added_median_ms", what="time added in a house of 2,000 things, median", value=median(added_ms),
                unit="ms", target=at_most(ADDED_MS)),
        Finding(key="added_p95_ms", what="… of 95 %", value=percentile(added_ms, P95), unit="ms"),
    )  # fmt: skip


def _by_group(cases: Sequence[Case]) -> Table:
    rows = []
    for group in Group:
        some = of_groups(cases, group)
        if some:
            ours = (f"{percent(rate(some, by_us, verdict)):.1f}" for verdict in Verdict)
            theirs = (f"{percent(rate(some, by_peer, verdict)):.1f}" for verdict in (Verdict.RIGHT, Verdict.WRONG))
            ten = f"{percent(rate(some, by_ten_best)):.1f}"
            sentences = str(len({plain(case.clip.said.text) for case in some}))
            rows.append((group.value, str(len(some)), sentences, *ours, *theirs, ten))
    return Table(
        caption="By who speaks, in percent",
        headings=("", "clips", "sentences", *Verdict, "Assist right", "Assist wrong", "ten best right"),
        rows=tuple(rows),
    )


def _by_kind(others: Sequence[Other]) -> Table:
    rows = []
    for kind in dict.fromkeys(one.kind for one in others):
        some = [one for one in others if one.kind == kind]
        counts = (sum(one.turn.ending is ending for one in some) for ending in Ending)
        rows.append((kind, str(len(some)), *map(str, counts)))
    return Table(caption="Sounds that are no command here, by kind", headings=("", "sounds", *Ending), rows=tuple(rows))


def _confusions(cases: Sequence[Case]) -> Table:
    return Table(
        caption="What was not understood",
        headings=("said", "heard", "used", "meant", "", "Assist"),
        rows=tuple(
            (
                case.clip.said.text,
                case.turn.heard or NOTHING,
                _used(case.turn),
                str(case.clip.meant),
                case.ours.value,
                case.peer.value,
            )
            for case in cases
            if case.ours is not Verdict.RIGHT
        ),
    )


def _confused_missing(found: Found) -> Table:
    return Table(
        caption="What would have been done though a name was missing",
        headings=("said", "missing", "heard", "used"),
        rows=tuple(
            (one.clip.said.text, one.name, one.turn.heard, _used(one.turn))
            for one in found.missing
            if one.verdict is Verdict.WRONG
        ),
    )


def _confused_others(found: Found) -> Table:
    return Table(
        caption="Sounds that were acted on, noise that was answered, and commands that were not",
        headings=("sound", "heard", "used"),
        rows=tuple((one.name, one.turn.heard or NOTHING, _used(one.turn)) for one in found.others if _is_fault(one)),
    )


def _is_fault(other: Other) -> bool:
    if other.kind == "command_oov":
        return other.is_acted_on or not other.is_answered
    return other.is_acted_on or (other.is_answered and other.kind.startswith("negative"))


def _used(turn: Turn) -> str:
    return f"{turn.used}: {turn.meaning}" if turn.ending is Ending.UNDERSTOOD else turn.ending.value


def _told(turn: Turn) -> str:
    return f"heard “{turn.heard or NOTHING}”: {_used(turn)}"


def _line(case: Case) -> str:
    said = f"{case.ours:<8}{case.peer:<8}{case.clip.said.name}  “{case.clip.said.text}”  {case.clip.meant}"
    if case.ours is case.peer is Verdict.RIGHT:
        return said
    return f"{said}  {_told(case.turn)}; Assist “{case.theirs.heard}”: {case.theirs.meaning or NOTHING}"


def _plots(cases: Sequence[Case], options: Options) -> list[Plot]:
    """Return one picture for each group that has clips."""
    noise = "" if options.noise_db is None else f"-{options.noise_db:g}db"
    language = "" if options.language == ENGLISH else f"-{options.language}"
    found = []
    for key, groups in GROUPS.items():
        some = of_groups(cases, *groups)
        if some:
            caption = (
                f"What became of {len(some)} commands, {_name(key)}: ours and Home Assistant Assist with the same "
                f"model, {options.model}"
            )
            path = options.pictures / f"understand{language}{noise}-{key}.png"
            axis = plots.Axis(name=f"% of {len(some)} commands, {_name(key)}", low=0, high=AXIS_PERCENT)
            found.append(plots.bars(path, _bars(some), axis=axis, caption=caption))
    return found


def _bars(cases: Sequence[Case]) -> list[plots.Bar]:
    sides: tuple[tuple[str, Side, tuple[Verdict, ...]], ...] = (
        ("ours", by_us, tuple(Verdict)),
        ("Assist", by_peer, (Verdict.RIGHT, Verdict.REFUSED, Verdict.WRONG)),
    )
    return [
        plots.Bar(name=f"{verdict}, {name}", value=percent(rate(cases, side, verdict)), colour=number)
        for number, (name, side, verdicts) in enumerate(sides)
        for verdict in verdicts
    ]
