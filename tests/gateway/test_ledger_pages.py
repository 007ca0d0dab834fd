"""Where pages end, for those who may not know how much there is."""

from gateway.ledger_pages import HALF_BITS, HiddenPlaces


def test_a_place_is_found_again_and_tells_nothing_of_how_many_there_are() -> None:
    places = HiddenPlaces()
    told = [places.hidden(place) for place in range(200)]
    assert [places.found(number) for number in told] == list(range(200))
    assert len(set(told)) == 200
    assert told != sorted(told)
    assert max(told) < 2 ** (2 * HALF_BITS)
    assert HiddenPlaces().hidden(7) != told[7]
