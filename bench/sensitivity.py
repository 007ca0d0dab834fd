"""What the wake sensitivity does: who wakes it, and what wakes it by mistake, from 0 to 100."""

from collections.abc import Sequence
from functools import partial

from bench.findings import Finding, Section, Table
from bench.manifest import chosen, read_manifest
from bench.options import Options
from bench.wake import AROUND, HOUR_S, NOISY_DB, POSITIVE, WORD, negatives, ours_at, positives, recall, total
from bench.wake_runs import WORDS, Counts, run
from bench.wake_scores import Setting
from gateway.offer import HIGHEST_SENSITIVITY, LOWEST_SENSITIVITY

SENSITIVITIES = tuple(range(LOWEST_SENSITIVITY, HIGHEST_SENSITIVITY + 1, 25))

METHOD = f"""\
As in `bench wake`, with a listener for each sensitivity at the same recordings at the same time: recall over people's
“{WORD}” in quiet and in noise, false wakes of the four phrases in everything in which none of them is said."""


def measure(options: Options) -> Section:
    """Return recall and false wakes of each sensitivity. Takes four minutes. Raises VoiceError."""
    recordings = read_manifest(options.manifest)
    counts = run(
        options,
        [Setting(sensitivity=sensitivity) for sensitivity in SENSITIVITIES],
        said=positives(recordings),
        unsaid=negatives(recordings),
        around=chosen(recordings, *AROUND),
    )
    return section(counts)


def section(counts: Sequence[Counts]) -> Section:
    """Return what was counted as a table."""
    meant = [c for c in counts if c.kind == POSITIVE and c.word == WORD]
    quiet = [c for c in meant if c.snr_db is None]
    noisy = [c for c in meant if c.snr_db == NOISY_DB]
    others = [c for c in counts if c.kind != POSITIVE]
    hours = sum(c.seconds for c in others) / HOUR_S

    def row(index: int) -> tuple[str, ...]:
        ours = partial(ours_at, index)
        rate = round(total(others, ours) / max(hours, 1e-9), 2)
        return str(SENSITIVITIES[index]), f"{recall(quiet, ours)} %", f"{recall(noisy, ours)} %", str(rate)

    return Section(
        title="Wake sensitivity",
        method=METHOD,
        findings=(
            Finding(key="sensitivity_positives", what=f"recordings of “{WORD}”", value=len(quiet)),
            Finding(
                key="sensitivity_hours",
                what=f"hours of other sound, the {len(WORDS)} phrases together",
                value=round(hours, 2),
            ),
        ),
        tables=(
            Table(
                caption="By sensitivity",
                headings=("sensitivity", "wake", f"in noise, {NOISY_DB} dB", "false wakes an hour of one phrase"),
                rows=tuple(map(row, range(len(SENSITIVITIES)))),
            ),
        ),
    )
