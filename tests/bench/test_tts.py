import pytest

from bench.tts import LONG, SHORT, WARM_UP, reply_of


def test_a_reply_that_comes_in_time_has_no_gap() -> None:
    reply = reply_of([(10.1, 0.1), (10.11, 0.4), (10.5, 1.0), (11.5, 0.2)], begin_s=10.0)
    assert reply.first_s == pytest.approx(0.1)
    assert reply.whole_s == pytest.approx(1.5)
    assert reply.lasts_s == pytest.approx(1.7)
    assert reply.first_stretch_s == pytest.approx(0.5)
    assert reply.late_s == 0


def test_a_piece_that_comes_after_the_sound_before_it_is_a_gap() -> None:
    reply = reply_of([(10.0, 0.1), (10.3, 0.1), (10.45, 0.1)], begin_s=10.0)
    assert reply.late_s == pytest.approx(0.2)
    assert reply.first_stretch_s == pytest.approx(0.1)


def test_no_text_is_said_twice_before_it_is_to_be_known() -> None:
    clauses = [sentence for text in (*WARM_UP, *SHORT, *LONG) for sentence in text.rstrip(".").split(". ")]
    assert len(set(clauses)) == len(clauses)
    assert all(text.count(".") == 3 for text in LONG)
