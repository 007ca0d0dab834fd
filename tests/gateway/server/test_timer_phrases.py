"""What is said of a timer that is up, in each language."""

from datetime import UTC, datetime

import pytest

from gateway.server.timer_phrases import LATE_S, WORDINGS, is_missed, is_up
from gateway.timers import TimerFinished

NOW = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)


def timer(
    name: str | None = None, *, duration_s: int = 300, late_s: int = 0, command: str | None = None
) -> TimerFinished:
    return TimerFinished(
        name=name, command=command, satellite_id="shelf", area_id=None, duration_s=duration_s, late_s=late_s
    )


@pytest.mark.parametrize(
    ("language", "name", "late_s", "said"),
    [
        ("en", "pizza", 0, "The pizza timer is up."),
        ("en", None, LATE_S - 1, "The timer for 5 minutes is up."),
        ("en", None, LATE_S, "The timer for 5 minutes was up 30 seconds ago."),
        ("en", "pizza", 100, "The pizza timer was up 2 minutes ago."),
        ("de", "Pizza", 0, "Der Timer Pizza ist abgelaufen."),
        ("de-CH", None, 240, "Der Timer für 5 Minuten ist vor 4 Minuten abgelaufen."),
        ("fr", "pizza", 0, "Le minuteur pizza est terminé."),
        ("fr", None, 60, "Le minuteur de 5 minutes est terminé depuis 1 minute."),
        ("es", "pizza", 0, "El temporizador pizza ha terminado."),
        ("es", None, 120, "El temporizador de 5 minutos terminó hace 2 minutos."),
        ("it", "pizza", 0, "Il timer pizza è scaduto."),
        ("it", None, 120, "Il timer di 5 minuti è scaduto 2 minuti fa."),
        ("nl", "pizza", 0, "De timer pizza is afgelopen."),
        ("nl", None, 120, "De timer van 5 minuten is 2 minuten geleden afgelopen."),
        ("pt", "pizza", 0, "The pizza timer is up."),
    ],
)
def test_which_timer_it_is_and_how_late_is_said_in_the_language_that_is_spoken(
    language: str, name: str | None, late_s: int, said: str
) -> None:
    assert is_up(timer(name, late_s=late_s), language) == said


@pytest.mark.parametrize(
    ("duration_s", "said"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (90, "1 minute and 30 seconds"),
        (3_600, "1 hour"),
        (7_384, "2 hours, 3 minutes and 4 seconds"),
    ],
)
def test_a_timer_without_a_name_is_known_by_how_long_it_was_set_for(duration_s: int, said: str) -> None:
    assert is_up(timer(duration_s=duration_s), "en") == f"The timer for {said} is up."


@pytest.mark.parametrize("language", WORDINGS)
def test_what_nobody_rang_for_is_told_with_its_time_and_never_what_was_to_be_done(language: str) -> None:
    missed = is_missed(timer("pizza", late_s=3_600), language, now=NOW)
    assert "pizza" in missed
    assert "17:30" in missed
    assert "{" not in missed
    assert "2026-11-22 17:30" in is_missed(timer(late_s=25 * 3_600), language, now=NOW)
    not_done = is_missed(timer(late_s=-3_600, command="unlock the door"), language, now=NOW)
    assert "19:30" in not_done
    assert "unlock" not in not_done
    assert is_up(timer("pizza"), language) != is_up(timer("pizza", late_s=90), language)
