from pathlib import Path

import pytest

from bench.e2e import Counts, Pair, percentile, section
from bench.e2e_clips import Clip, Meaning, Speaker, in_turn, sentences
from bench.e2e_plot import draw
from bench.e2e_sides import Outcome
from bench.findings import Section
from bench.home_assistant.furnishing import configuration, furnished, furniture
from bench.manifest import Recording
from bench.options import Options
from gateway.house import Area, Entity, House

HOUSE = House(
    name="Home",
    areas=(Area(id="office", name="Office"),),
    entities=(
        Entity(id="light.lamp", name="Lamp", attributes={"supported_color_modes": ("onoff",)}),
        Entity(id="lock.front_door", name="Front Door"),
        Entity(id="script.party", name="Party Time"),
        Entity(id="scene.mood", name="Mood"),
    ),
)


def recording(said: str, number: int = 1, *, is_human: bool = False) -> Recording:
    name = f"{said}-{number}.wav"
    return Recording(
        path=Path(name), name=name, kind="command", language="en", label="", transcript=said, is_human=is_human
    )


def pair(ours_s: float | None, theirs_s: float | None, who: Speaker = Speaker.PERSON) -> Pair:
    """Return a clip on which both sides acted so long after the end of speech, or not rightly."""
    clip = Clip(name="a.wav", text="turn on the lamp", speaker=who, pcm=b"", speech_end_s=1.0)
    return Pair(
        clip=clip,
        meaning=Meaning(before="resting", wanted={"light.lamp": "on"}),
        ours=Outcome(acted_s=ours_s, note="" if ours_s else "changed: nothing"),
        theirs=Outcome(acted_s=theirs_s, first_sound_s=theirs_s),
    )


def found(pairs: list[Pair], folder: Path) -> tuple[Section, dict[str, float]]:
    options = Options(manifest=Path("m.csv"), house=Path("h.yaml"), pictures=folder)
    seen = section(pairs, Counts(recordings=9, usable=len(pairs), differ=1), options)
    return seen, {finding.key: finding.value for finding in seen.findings}


def test_only_clips_that_both_got_right_count_for_the_times(tmp_path: Path) -> None:
    seen, values = found([pair(0.4, 1.6), pair(0.6, 2.4), pair(9.0, None), pair(None, 9.0)], tmp_path)
    assert (values["median_s"], values["peer_median_s"], values["speedup"]) == (0.5, 2.0, 4.0)
    assert (values["clips"], values["counted"], values["right"], values["peer_right"]) == (4, 2, 3, 3)
    assert values["peer_first_sound_s"] == 2.0
    assert (tmp_path / "e2e.png").read_bytes().startswith(b"\x89PNG")
    assert [table.caption.partition(",")[0] for table in seen.tables][1] == "What was not done"
    assert [row[1:] for row in seen.tables[1].rows] == [("right", "wrong"), ("changed: nothing", "right")]


def test_who_speaks_is_told_apart(tmp_path: Path) -> None:
    seen, _ = found([pair(0.4, 1.6), pair(0.5, None, Speaker.OURS)], tmp_path)
    assert seen.tables[0].rows == (
        ("people", "1", "1", "1", "0.40", "1.60"),
        ("spoken by Piper for this", "1", "1", "0", "0.00", "0.00"),
    )


def test_where_nobody_was_right_no_target_is_met_by_the_ratio_and_nothing_is_drawn(tmp_path: Path) -> None:
    seen, values = found([pair(None, None)], tmp_path)
    assert values["speedup"] == 0
    assert seen.findings[0].is_met is False
    assert seen.plots == ()


@pytest.mark.parametrize(("count", "nth"), [(1, 1), (19, 19), (20, 19), (40, 38), (100, 95)])
def test_a_percentile_is_one_of_the_values(count: int, nth: int) -> None:
    assert percentile([float(value) for value in range(count, 0, -1)], 95) == nth


def test_each_sentence_comes_once_before_any_comes_twice_and_people_come_first() -> None:
    lamp, other = "turn on the lamp", "open the curtain"
    clips = [recording(lamp, 1), recording(lamp, 2), recording(other, 1), recording(lamp.upper(), 3, is_human=True)]
    names = [clip.name for clip in in_turn(clips, 3)]
    assert names == ["TURN ON THE LAMP-3.wav", "open the curtain-1.wav", "turn on the lamp-1.wav"]


def test_every_area_has_a_light_a_curtain_and_a_window_and_locks_are_left_out() -> None:
    house = furnished(HOUSE)
    ids = [entity.id for entity in house.entities]
    assert ids == [
        "light.lamp", "script.party", "scene.mood", "light.office_ceiling", "cover.office_curtain",
        "cover.office_window",
    ]  # fmt: skip
    assert [thing["id"] for thing in furniture(house)] == [ids[0], *ids[3:]]
    assert configuration(house) == {
        "scene": [{"id": "mood", "name": "Mood", "entities": {}}],
        "script": {"party": {"alias": "Party Time", "sequence": []}},
    }
    assert "Turn off the Lamp." in sentences(house)
    assert "Open the Office Curtain." in sentences(house)


def test_a_plot_of_the_same_figures_is_the_same_file(tmp_path: Path) -> None:
    plots = [draw(tmp_path / name, [0.4, 0.5], [1.8, 1.7]) for name in ("a.png", "b.png")]
    assert plots[0].path.read_bytes() == plots[1].path.read_bytes()
