"""Who wakes it, and what wakes it by mistake: either engine alone, both required, and ours, on the same recordings."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from zlib import crc32

from bench.findings import Finding, Plot, Section, Table, at_least, at_most, percent
from bench.manifest import Recording, chosen, read_manifest
from bench.options import Options
from bench.plots import Axis, Line, Mark, lines
from bench.wake_noise import SNRS_DB
from bench.wake_runs import AFTER_S, BEFORE_S, LEVELS, WORDS, Counts, run
from bench.wake_scores import Setting
from gateway.turn.wake import THRESHOLDS

WORD = "alexa"
"""The phrase of which there are many recordings."""
OTHERS = (
    "wake_other", "negative_speech", "negative_noise", "negative_music", "speech", "command", "command_oov",
    "command_slots", "speaker", "word",
)  # fmt: skip
"""Kinds of recordings in which no wake word of ours is said."""
AROUND = ("negative_noise", "room_impulse_response")
SENSITIVITIES = (0, 25, 50, 75, 100)
"""Points of our curve."""
FOLDS = 5
HOUR_S = 3600
POSITIVE = "wake_positive"
NOISY_DB = 10
"""Of the second curve."""
LONG = 40
"""Letters of a label that says too much for a table."""
SHARE = 0.2
"""Of the better engine's false wakes: so many may be ours."""
LOST_POINTS = 1.0
"""Of the better engine's recall, in percent: so much may be lost."""
FIRSTS, SECONDS, CONFUSED_SECONDS = (0.2, 0.5), (0.05, 0.1, 0.2, 0.4), (0.2, 0.4, 0.6)
"""Thresholds among which cross-validation chooses, from eager to strict."""
CONFUSED = "hey_jarvis"
"""The phrase for which the second model takes others; it has a threshold of its own."""


def _setting(first: float, second: float, confused_second: float) -> Setting:
    return Setting(
        thresholds={
            word: replace(usual, first=first, second=confused_second if word == CONFUSED else second)
            for word, usual in THRESHOLDS.items()
        }
    )


CHOICES = tuple(_setting(*thresholds) for thresholds in product(FIRSTS, SECONDS, CONFUSED_SECONDS))
SETTINGS = (Setting(), *(Setting(sensitivity=sensitivity) for sensitivity in SENSITIVITIES), *CHOICES)
"""What is compared, in the order of `Counts.ours`."""
_CURVE = 1
_CHOICES = 1 + len(SENSITIVITIES)

METHOD = f"""\
Everything goes as fast as possible through three listeners that are given the very same sound: microWakeWord alone and
openWakeWord alone, each with its own defaults, and ours, which `serve` uses: microWakeWord proposes, openWakeWord
decides. *Both* is what wakes both engines within a second. Whatever wakes rests for two seconds.

*Recall* is over the recordings labelled “{WORD}”, of people, each a stream of its own ({BEFORE_S} s of a quiet room
before it, {AFTER_S} s after it); one that wakes twice counts once. In noise, each is heard twice at {SNRS_DB} dB: with
one of the recorded noises, and with one of those across a room (one of the recorded room responses). The ratio is
that of speech, without its pauses, to noise. *False wakes* are all wakes of each of the four phrases in one long stream
of everything in which none of them is said: other wake words, talk, single words, commands, read speech, noise, music.

*Cross-validated*: the recordings are cut in {FOLDS} parts, all that says one other wake word in the same part. For each
part, the thresholds are chosen on the other parts among {len(CHOICES)} settings, the same for all phrases but
“{CONFUSED}” (most recall, in quiet and in noise, among those that keep false wakes within a fifth of the better
engine's; of several the strictest), and judged on it."""


def measure(options: Options) -> Section:
    """Return recall and false wakes of all. Takes four minutes for the shared recordings. Raises VoiceError."""
    recordings = read_manifest(options.manifest)
    counts = run(
        options, SETTINGS, said=positives(recordings), unsaid=negatives(recordings), around=chosen(recordings, *AROUND)
    )
    return section(options, counts)


def positives(recordings: Iterable[Recording]) -> list[tuple[Recording, str]]:
    """Return the recordings in which one of `WORDS` is said alone, and which."""
    named = {word.replace("_", " "): word for word in WORDS}
    said = [(r, r.label.casefold().replace("ok ", "okay ")) for r in chosen(recordings, POSITIVE)]
    return [(recording, named[label]) for recording, label in said if label in named]


def negatives(recordings: Iterable[Recording]) -> list[Recording]:
    """Return the recordings in which none of `WORDS` is said."""
    return [r for r in chosen(recordings, *OTHERS) if not _is_ours(r)]


def _is_ours(recording: Recording) -> bool:
    """Tell whether one of our phrases is said, whatever the recording is for."""
    said = f"{recording.label} {recording.transcript}".casefold().replace("ok ", "okay ")
    return any(word.replace("_", " ") in said for word in WORDS)


type Wakes = Callable[[Counts], int]
"""One system's wakes."""

SYSTEMS: Mapping[str, tuple[str, Wakes]] = {
    "": ("Local Voice", lambda counts: counts.ours[0]),
    "mww_": ("microWakeWord alone", lambda counts: counts.first),
    "oww_": ("openWakeWord alone", lambda counts: counts.second),
    "both_": ("both required", lambda counts: counts.both),
}
"""By the beginnings of their keys."""


def section(options: Options, counts: Sequence[Counts]) -> Section:
    """Return what was counted as findings, tables and curves."""
    meant = [c for c in counts if _is_meant(c)]
    clean = [c for c in meant if c.snr_db is None and c.word == WORD]
    others = [c for c in counts if not _is_meant(c)]
    hours = sum(c.seconds for c in others) / len(WORDS) / HOUR_S
    return Section(
        title="Waking",
        method=METHOD,
        findings=tuple(_findings(clean, meant, others, hours)),
        tables=(_by_noise(meant), _by_phrase(meant, others), _false(others)),
        plots=tuple(_curves(options, meant, others, hours)) if meant and others else (),
        listing=(
            *(f"missed  {c.name}" for c in clean if not c.ours[0]),
            *(f"false   {c.word:<12}{c.name}" for c in others if c.ours[0]),
        ),
    )


def recall(counts: Iterable[Counts], wakes: Wakes) -> float:
    """Return how many of the recordings wake, in percent; 0 where there are none."""
    woken = [wakes(c) > 0 for c in counts]
    return percent(sum(woken) / max(len(woken), 1))


def total(counts: Iterable[Counts], wakes: Wakes) -> int:
    """Return how often these wake."""
    return sum(map(wakes, counts))


def cross_validated(meant: Sequence[Counts], others: Sequence[Counts]) -> list[tuple[int, list[Counts]]]:
    """Return the setting that each fold's other folds choose, and what is in the fold."""
    judged = []
    for fold in range(FOLDS):
        known = [c for c in (*meant, *others) if _fold(c) != fold]
        held_out = [c for c in (*meant, *others) if _fold(c) == fold]
        judged.append((chosen_setting(known), held_out))
    return judged


def chosen_setting(counts: Sequence[Counts]) -> int:
    """Return which of `SETTINGS` these recordings speak for, among `CHOICES`.

    The most recall, clean and in noise alike, within the false wakes that are allowed; of several the strictest.
    """
    others = [c for c in counts if not _is_meant(c)]
    meant = [c for c in counts if _is_meant(c) and c.word == WORD]
    allowed = SHARE * min(total(others, lambda c: c.first), total(others, lambda c: c.second))

    def merit(index: int) -> tuple[float, float, int]:
        def ours(c: Counts) -> int:
            return c.ours[index]

        by_noise = [recall((c for c in meant if c.snr_db == snr_db), ours) for snr_db in (None, *SNRS_DB)]
        return -max(total(others, ours) - allowed, 0.0), sum(by_noise), index

    return max(range(_CHOICES, len(SETTINGS)), key=merit)


def _is_meant(counts: Counts) -> bool:
    return counts.kind == POSITIVE


def _fold(counts: Counts) -> int:
    """Return the fold of a recording: all that says one other wake word is in the same, and unknown to the others."""
    group = counts.label if counts.kind == "wake_other" else counts.name
    return crc32(group.encode()) % FOLDS


def _findings(
    clean: Sequence[Counts], meant: Sequence[Counts], others: Sequence[Counts], hours: float
) -> Iterator[Finding]:
    engines = ("mww_", "oww_")
    better_recall = max(recall(clean, SYSTEMS[key][1]) for key in engines)
    fewest_false = min(total(others, SYSTEMS[key][1]) for key in engines)
    yield Finding(key="positives", what=f"recordings of “{WORD}”", value=len(clean))
    yield Finding(key="negative_hours", what="hours in which each phrase was listened for", value=round(hours, 2))
    goal = at_least(round(better_recall - LOST_POINTS, 1)) if clean else None
    limit = at_most(round(fewest_false * SHARE, 1)) if others else None
    for key, (name, wakes) in SYSTEMS.items():
        is_ours = not key
        yield Finding(
            key=f"{key}recall",
            what=f"{name}: of them wake",
            value=recall(clean, wakes),
            unit="%",
            target=goal if is_ours else None,
        )
        yield Finding(
            key=f"{key}false_wakes",
            what=f"{name}: false wakes of all four phrases",
            value=total(others, wakes),
            target=limit if is_ours else None,
        )
        yield Finding(
            key=f"{key}false_wakes_per_hour",
            what=f"{name}: of one phrase in an hour",
            value=round(total(others, wakes) / max(hours * len(WORDS), 1e-9), 2),
        )
    for snr_db in SNRS_DB:
        noisy = [c for c in meant if c.snr_db == snr_db and c.word == WORD]
        better = max(recall(noisy, SYSTEMS[key][1]) for key in engines)
        for key, (name, wakes) in SYSTEMS.items():
            yield Finding(
                key=f"{key}recall_{snr_db}db",
                what=f"{name}: wake in noise at {snr_db} dB",
                value=recall(noisy, wakes),
                unit="%",
                target=at_least(better) if not key and noisy else None,
            )
    folds = cross_validated(meant, others)
    held_out = [(c, c.ours[setting]) for setting, fold in folds for c in fold]
    woken = [wakes > 0 for c, wakes in held_out if c.kind == POSITIVE and c.snr_db is None and c.word == WORD]
    yield Finding(
        key="cross_validated_recall",
        what="thresholds chosen on other recordings: wake",
        value=percent(sum(woken) / max(len(woken), 1)),
        unit="%",
        target=goal,
    )
    yield Finding(
        key="cross_validated_false_wakes",
        what="thresholds chosen on other recordings: false wakes",
        value=sum(wakes for c, wakes in held_out if c.kind != POSITIVE),
        target=limit,
    )


def _by_noise(meant: Sequence[Counts]) -> Table:
    noises = [(f"{snr_db} dB", [c for c in meant if c.snr_db == snr_db and c.word == WORD]) for snr_db in SNRS_DB]
    rows = [("quiet", [c for c in meant if c.snr_db is None and c.word == WORD]), *noises]
    return Table(
        caption=f"Recall of “{WORD}” in noise",
        headings=("", "streams", *(name for name, _ in SYSTEMS.values())),
        rows=tuple(
            (name, str(len(found)), *(f"{recall(found, wakes)} %" for _, wakes in SYSTEMS.values()))
            for name, found in rows
        ),
    )


def _by_phrase(meant: Sequence[Counts], others: Sequence[Counts]) -> Table:
    def row(word: str) -> tuple[str, ...]:
        clean = [c for c in meant if c.word == word and c.snr_db is None]
        noisy = [c for c in meant if c.word == word and c.snr_db is not None]
        found = [c for c in others if c.word == word]
        return (
            word,
            *(
                f"{sum(wakes(c) > 0 for c in clean)} of {len(clean)}; {recall(noisy, wakes)} %; {total(found, wakes)}"
                for _, wakes in SYSTEMS.values()
            ),
        )

    return Table(
        caption="By phrase: woken in quiet; in noise; false wakes",
        headings=("phrase", *(name for name, _ in SYSTEMS.values())),
        rows=tuple(row(word) for word in WORDS),
    )


def _false(others: Sequence[Counts]) -> Table:
    return Table(
        caption="What wakes it by mistake",
        headings=("", *WORDS),
        rows=tuple(
            (name, *(_kinds(c for c in others if c.word == word for _ in range(wakes(c))) for word in WORDS))
            for name, wakes in SYSTEMS.values()
        ),
    )


def _curves(options: Options, meant: Sequence[Counts], others: Sequence[Counts], hours: float) -> Iterator[Plot]:
    for snr_db, name, where in (
        (None, "wake", "in a quiet room"),
        (NOISY_DB, "wake-noise", f"in noise, {NOISY_DB} dB"),
    ):
        heard = [c for c in meant if c.snr_db == snr_db and c.word == WORD]
        least = 0.5 / (hours * len(WORDS))

        def point(wakes: Wakes, heard: Sequence[Counts] = heard, least: float = least) -> tuple[float, float]:
            rate = total(others, wakes) / (hours * len(WORDS))
            return max(rate, least), max(100 - recall(heard, wakes), 0.1)

        levels = range(len(LEVELS))
        curves: tuple[tuple[str, list[Wakes]], ...] = (
            ("Local Voice, sensitivity 0 to 100", [partial(ours_at, _CURVE + i) for i in range(len(SENSITIVITIES))]),
            ("microWakeWord alone", [partial(_first_at, i) for i in levels]),
            ("openWakeWord alone", [partial(_second_at, i) for i in levels]),
            ("both required", [partial(_both_at, i) for i in levels]),
        )
        if heard:
            yield lines(
                options.pictures / f"{name}.png",
                [Line(name=label, points=[point(wakes) for wakes in curve]) for label, curve in curves],
                x=Axis(name="false wakes of one phrase in an hour", is_logarithmic=True),
                y=Axis(name=f"missed of “{WORD}”, %", is_logarithmic=True),
                marks=[
                    Mark(name=f"{label}, default", x=point(wakes)[0], y=point(wakes)[1])
                    for label, wakes in SYSTEMS.values()
                ],
                caption=f"Missed wake words against false wakes, {where}: lower and further left is better. "
                "The left and the lower edge stand for none.",
            )


def ours_at(setting: int, counts: Counts) -> int:
    """Return how often the listener of that setting wakes."""
    return counts.ours[setting]


def _first_at(level: int, counts: Counts) -> int:
    return counts.first_at[level]


def _second_at(level: int, counts: Counts) -> int:
    return counts.second_at[level]


def _both_at(level: int, counts: Counts) -> int:
    return counts.both_at[level]


def _kinds(counts: Iterable[Counts]) -> str:
    counted = Counter(f"{c.kind} “{c.label}”" if c.label and len(c.label) < LONG else c.kind for c in counts)
    return ", ".join(f"{kind}: {count}" if count > 1 else kind for kind, count in counted.most_common())
