import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.broker.reduction import KINDS, Reduced, reduced, restored
from gateway.errors import ProtocolError
from gateway.wire.consent_words import MOST_REPLACED, ReplacedWords
from gateway.wire.messages import NAME_CHARS

NAMES = [
    ("Anna", "person"),
    ("Anna Maria", "person"),
    ("Kitchen", "area"),
    ("Kitchen Lamp", "device"),
    ("L'Estudi", "area"),
    ("Café Müller", "home"),
    ("Big-Lamp", "device"),
    ("Hans", "person"),
    ("客厅", "area"),
    ("거실", "area"),
    ("हरि", "person"),
]


def went(text: str, names: list[tuple[str, str]] | None = None) -> str:
    return reduced(text, NAMES if names is None else names).text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Is Anna at home?", "Is [person 1] at home?"),
        ("ANNA, anna and Anna", "[person 1], [person 1] and [person 1]"),
        ("Anna and Hans, Hans and Anna", "[person 1] and [person 2], [person 2] and [person 1]"),
        ("Anna Maria asked Anna", "[person 1] asked [person 2]"),
        ("the kitchen lamp in the kitchen", "the [device 1] in the [area 1]"),
        ("the kitchen-lamp, kitchen_lamp, kitchen  lamp", "the [device 1], [device 1], [device 1]"),
        ("Anna's, Anna\u2019s and Annas lamp", "[person 1]'s, [person 1]\u2019s and [person 1]s lamp"),
        ("Hans' und Hans' Lampe", "[person 1]' und [person 1]' Lampe"),
        ("Annabel, Susanna and Annas's kitchens", "Annabel, Susanna and [person 1]s's [area 1]s"),
        ("a l\u2019estudi, l'estudi", "a [area 1], [area 1]"),
        ("café müller, CAFÉ MÜLLER, cafe\u0301 mu\u0308ller", "[home 1], [home 1], [home 1]"),
        ("打开客厅的灯", "打开[area 1]的灯"),
        ("거실에서 불 켜", "[area 1]에서 불 켜"),
        ("हरि कहाँ है, हरिः", "[person 1] कहाँ है, हरिः"),
        ("the big lamp", "the [device 1]"),
        ("", ""),
    ],
)
def test_names_become_placeholders(text: str, left: str) -> None:
    assert went(text) == left


def test_what_was_replaced_is_told_in_the_order_of_the_text_each_once() -> None:
    found = reduced("Does hans know ANNA, and Anna him? Call 555 12345.", NAMES)
    assert found.replaced == (
        ReplacedWords(placeholder="[person 1]", original="Hans"),
        ReplacedWords(placeholder="[person 2]", original="Anna"),
        ReplacedWords(placeholder="[number 1]", original="555 12345"),
    )


def test_only_the_names_that_are_told_are_known() -> None:
    text = "Is Anna in the kitchen?"
    assert reduced(text, ()) == Reduced(text=text, replaced=())


@pytest.mark.parametrize("name", ["", " ", "A", "-", "?!", " - "])
def test_what_is_hardly_a_name_replaces_nothing(name: str) -> None:
    assert went("A lamp - what is a lamp?! ", [(name, "area")]) == "A lamp - what is a lamp?! "


def test_a_name_is_not_a_pattern() -> None:
    assert (
        went("a.c abc a+ (x", [("a.c", "device"), ("(x", "area"), ("a+", "home")]) == "[device 1] abc [home 1] [area 1]"
    )


def test_a_name_is_found_right_after_something_that_only_looked_like_it() -> None:
    assert went("xan an an", [("an an", "person")]) == "xan [person 1]"
    assert went("banana ana", [("ana", "person")]) == "banana [person 1]"


def test_of_one_name_for_two_things_the_first_counts() -> None:
    assert went("Paris", [("Paris", "person"), ("paris", "area")]) == "[person 1]"


def test_a_kind_that_there_is_not_is_refused() -> None:
    with pytest.raises(ProtocolError) as refused:
        reduced("Anna", [("Anna", "number")])
    assert refused.value.refusal == "malformed"
    assert "Anna" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        *("anna@example.org", "A.B+c%d-e_f@mail.example.co.uk", "josé@exämple.de"),
        *("https://example.org/a?b=c#d", "http://user:pass@192.168.1.1:8123/", "www.example.org/Anna"),
        *("192.168.1.20", "fe80:0:0:1::7", "2001:db8::1:2:3", "AA:bb:cc:11:22:33"),
        *("homeassistant.local", "nas.annas-house.home.arpa"),
    ],
)
def test_addresses_go_without_being_told(address: str) -> None:
    found = reduced(f"What is at {address}, or ({address})?", NAMES)
    assert found.text == "What is at [address 1], or ([address 1])?"
    assert found.replaced == (ReplacedWords(placeholder="[address 1]", original=address),)


@pytest.mark.parametrize(
    "number",
    [
        *("12345", "1 2 3 4 5", "555-12345", "+49 (0)30 123456", "(030) 12345", "93 412 34 56", "555.123.4567"),
        *("1234\u00a05678", "12\u201334\u20135", "٠١٢٣٤", "2026-11-22", "22.11.2026"),
        *("SN123456", "abc123", "123abc", "B07XJ8C8F5", "AB12-CD34-EF56", "3f2504e0-4f89-11d3"),
    ],
)
def test_long_numbers_and_serials_go_too(number: str) -> None:
    found = reduced(f"Whose is {number}?", ())
    assert found.text == "Whose is [number 1]?"
    assert found.replaced == (ReplacedWords(placeholder="[number 1]", original=number),)


@pytest.mark.parametrize(
    "text",
    [
        "How many are 12 times 144, in 2026?",
        "Wake me at 7:30, or 07:30:15",
        "What are 1.5 and 3.14 and 10,000?",
        "The 1990s, covid-19, a 24-hour clock, mp3 and H2O",
        "Who wrote e.g. Faust? And whatever@",
        "Tell me about example.com",
    ],
)
def test_what_tells_nothing_stays(text: str) -> None:
    assert reduced(text, NAMES) == Reduced(text=text, replaced=())


def test_more_than_can_be_shown_is_not_sent() -> None:
    numbers = [str(10_000 + number) for number in range(MOST_REPLACED + 1)]
    assert len(reduced(", ".join(numbers[1:]), ()).replaced) == MOST_REPLACED
    with pytest.raises(ProtocolError) as refused:
        reduced(", ".join(numbers), ())
    assert refused.value.refusal == "malformed"


def test_no_original_is_longer_than_one_may_be() -> None:
    text = f"{'1' * 600} https://example.org/{'x' * 300} {'Anna' * 63}Bob"
    found = reduced(text, [("Anna" * 63 + "Bob", "person"), ("\u0958" * 255, "device")])
    assert max(len(words.original) for words in found.replaced) == NAME_CHARS
    assert restored(found.text, found.replaced) == text


# Back again

REPLACED = (
    ReplacedWords(placeholder="[person 1]", original="Anna"),
    ReplacedWords(placeholder="[person 12]", original="[device 1]"),
    ReplacedWords(placeholder="[device 1]", original="Kitchen Lamp"),
    ReplacedWords(placeholder="[number 1]", original="555-12345"),
    ReplacedWords(placeholder="[address 1]", original=r"\1"),
)


@pytest.mark.parametrize(
    ("answer", "spoken"),
    [
        ("[person 1] is taller.", "Anna is taller."),
        ("[Person 1]'s, [PERSON 1] [person1] [ person 1 ] [person_1] [person-1]", "Anna's, Anna Anna Anna Anna Anna"),
        (r"**[person 1]** \[person 1\] ([person 1])", "**Anna** Anna (Anna)"),
        ("Person 1 is taller than device 1.", "Anna is taller than Kitchen Lamp."),
        ("[person \u0661]", "Anna"),
        ("[person 12]", "[device 1]"),
        ("[address 1]", r"\1"),
        ("The number 1 reason is [number 1], at address 1.", "The number 1 reason is 555-12345, at address 1."),
        (
            "[person 2] [person 10] person 123 [robot 1] superperson 1",
            "[person 2] [person 10] person 123 [robot 1] superperson 1",
        ),
    ],
)
def test_placeholders_become_names_again(answer: str, spoken: str) -> None:
    assert restored(answer, REPLACED) == spoken


def test_what_cannot_have_been_a_placeholder_is_refused() -> None:
    with pytest.raises(ProtocolError):
        restored("x", (ReplacedWords(placeholder="x", original="y"),))


@pytest.mark.parametrize(
    "text",
    [
        "Is Anna [person 1], or person 2?",
        "安娜person 1 [Person_2] Anna",
        "device 1 and Kitchen Lamp",
        r"\Anna\ [Anna] [[Anna]] [ Anna ] \[Anna\]",
        "number 1 12345 [number 2]",
        "person Anna 1 person 12345",
    ],
)
def test_a_text_that_looks_like_a_placeholder_is_not_taken_for_one(text: str) -> None:
    found = reduced(text, [*NAMES, ("安娜", "person"), ("Device 1", "device"), ("Person", "home")])
    assert restored(found.text, found.replaced).casefold() == text.casefold()


WORDS = st.sampled_from(
    [
        *(name for name, _ in NAMES),
        *(
            "person",
            "Person 1",
            "[person 1]",
            "device",
            "[number 1]",
            "home_2",
            "1",
            "12345",
            "abc123",
            "anna@example.org",
        ),
        *("[", "]", "\\", "'s", "s", "-", "_", " ", "  ", "\n", ",", "www.example.org", "is", "\u017f", "İ", "客"),
    ]
)


@given(
    st.lists(st.one_of(WORDS, WORDS.map(str.upper), st.text(max_size=4)), max_size=16).map("".join),
    st.permutations(NAMES),
)
def test_what_was_taken_out_comes_back(text: str, names: list[tuple[str, str]]) -> None:
    found = reduced(text, names)
    back = restored(found.text, found.replaced)
    assert tidy(back) == tidy(unicodedata.normalize("NFC", text))


@given(st.lists(WORDS | st.text(max_size=4), max_size=12).map(" ".join))
def test_no_name_is_left_as_a_word(text: str) -> None:
    left = went(text)
    for words in reduced(text, NAMES).replaced:
        assert words.placeholder in left
    assert not {"anna", "hans"} & {word.strip(".,'") for word in left.casefold().split(" ")}


@given(st.text(max_size=60), st.lists(st.tuples(st.text(max_size=6), st.sampled_from(KINDS)), max_size=6))
def test_any_names_of_any_script_come_back(text: str, names: list[tuple[str, str]]) -> None:
    whole = f"{text} {' '.join(name for name, _ in names)} {text}"
    found = reduced(whole, names)
    assert tidy(restored(found.text, found.replaced)) == tidy(unicodedata.normalize("NFC", whole))


def tidy(text: str) -> str:
    """Return what has to be the same: not the case of a name, nor what joins its words."""
    alike = text.replace("\u2019", "'").replace("\u02bc", "'").replace("_", " ").replace("-", " ")
    return " ".join(alike.upper().casefold().split())
