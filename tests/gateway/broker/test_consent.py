"""A request is proposed, shown, approved or refused, and sent at most once; and what is refused, and why."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from gateway.broker import cloud_store
from gateway.broker.audit import Action
from gateway.broker.consent import MOST_WRONG_PINS, WRONG_PINS_WITHIN_S
from gateway.broker.destination import Content
from gateway.broker.outgoing import MARKER, consent_hash
from gateway.broker.records import OWNER
from gateway.broker.waiting import MINUTE_S, MOST_A_MINUTE, WAITS_S
from gateway.errors import ProtocolError, VoiceError
from gateway.wire.consent_words import ConsentIs, DecidedWords, ReplacedWords, WaitingWords
from gateway.wire.peers import Role
from tests.gateway.broker.consenting import (
    ANSWER,
    CANARIES,
    CHAT,
    HOST,
    KEY,
    NEVER,
    PCM,
    PIN,
    QUESTION,
    TRANSCRIPTION,
    Consenting,
    answers,
    chat_service,
    consenting,
    release,
    transcription_service,
    turns,
)
from tests.gateway.broker.running import locked


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud_store, "SCRYPT", {"n": 2, "r": 1, "p": 1, "dklen": 32})


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Consenting]:
    async with consenting(tmp_path / "gateway", chat_service(), transcription_service()) as house:
        yield house


def refusal(act: Callable[[], object]) -> str:
    """Return the code of the refusal that has to come."""
    with pytest.raises(ProtocolError) as refused:
        act()
    return refused.value.refusal


async def refused(act: Awaitable[object]) -> str:
    with pytest.raises(ProtocolError) as refused:
        await act
    return refused.value.refusal


# The whole way


async def test_what_a_person_has_seen_and_said_yes_to_is_sent_and_the_answer_is_told(house: Consenting) -> None:
    request_id = house.propose()
    preview, outgoing = house.show(request_id)
    assert (preview.id, preview.request_id, preview.satellite_id) == (1, request_id, "shelf")
    assert (preview.method, preview.content, preview.key_version) == ("POST", "text", 1)
    assert (preview.marker, preview.left_s, preview.size_bytes) == (MARKER, 300, len(outgoing.raw))
    assert preview.destination is not None
    assert (preview.destination.id, preview.destination.host, preview.destination.has_key) == (CHAT, HOST, True)
    assert (preview.body_at, preview.audio_at, preview.audio_bytes) == (outgoing.body_at, 0, 0)
    assert QUESTION.encode() in outgoing.raw[preview.body_at :]
    destination = house.records.cloud.get(CHAT)
    assert destination is not None
    assert preview.hash == consent_hash(request_id, destination, outgoing).hex()

    house.approve(preview, user="ha-user-7")
    assert house.rows(Action.APPROVE)[0].about == request_id, "written down before anything else happens"
    assert house.sender.wires == []
    await turns()
    (wire,) = house.sender.wires
    assert (wire.destination, wire.released) == (destination, [])
    await wire.do(release)
    assert wire.released == [outgoing.raw.replace(MARKER.encode(), KEY.encode())]
    assert house.decided == []
    await wire.do(answers())

    (decided,) = house.decided
    assert (decided.request_id, decided.satellite_id, decided.content) == (request_id, "shelf", "text")
    assert (decided.sent.fate, decided.sent.text, decided.sent.status) == ("answered", ANSWER, 200)
    assert house.consent.answer(request_id) == ANSWER
    approved, sends, resulted = house.rows(Action.APPROVE, Action.SEND, Action.RESULT)
    assert (approved.actor, approved.about) == (OWNER, request_id)
    assert approved.detail == {
        "destination": CHAT,
        "host": HOST,
        "content": "text",
        "bytes": len(outgoing.raw),
        "hash": preview.hash,
        "key_version": 1,
        "user": "ha-user-7",
    }
    assert (sends.actor, sends.about, sends.detail) == ("gateway", request_id, {"bytes": len(wire.released[0])})
    assert (resulted.about, resulted.detail) == (request_id, {"outcome": "answered", "status": 200, "received": 7})


async def test_sound_goes_the_same_way(house: Consenting) -> None:
    request_id = house.consent.propose_audio("shelf", PCM, language="de")
    preview, outgoing = house.show(request_id)
    assert preview.content == "audio"
    assert outgoing.raw[preview.audio_at :][: preview.audio_bytes].startswith(b"RIFF")
    assert PCM in outgoing.raw
    assert preview.destination is not None
    assert preview.destination.id == TRANSCRIPTION
    house.approve(preview)
    await turns()
    await house.sender.wires[0].do(release)
    await house.sender.wires[0].do(answers())
    assert house.fates == [("answered", "")]
    assert house.decided[0].content == "audio"


async def test_names_stay_at_home_and_are_put_back_in_the_answer(house: Consenting) -> None:
    house.records.peers.add(name="Puck", role=Role.SATELLITE)
    house.records.peers.add(name="Home", role=Role.HOME)
    request_id = house.consent.propose_text("shelf", "Is Ann in Puck at home", (("Ann", "person"),))
    preview, outgoing = house.show(request_id)
    assert b"Is [person 1] in [device 1] at home" in outgoing.raw
    assert b"Ann" not in outgoing.raw
    assert preview.replaced == (
        ReplacedWords(placeholder="[person 1]", original="Ann"),
        ReplacedWords(placeholder="[device 1]", original="Puck"),
    )
    house.approve(preview)
    await turns()
    await house.sender.wires[0].do(release)
    await house.sender.wires[0].do(answers("[person 1] is not."))
    assert house.consent.answer(request_id) == "Ann is not."


async def test_where_there_is_no_key_no_marker_is_shown(tmp_path: Path) -> None:
    async with consenting(tmp_path, chat_service(key="")) as house:
        preview, outgoing = house.show(house.propose())
        assert preview.marker == ""
        assert MARKER.encode() not in outgoing.raw
        house.approve(preview)
        await turns()
        await house.sender.wires[0].do(release)
        assert house.sender.wires[0].released == [outgoing.raw]


async def test_nothing_of_it_is_in_a_row_a_log_record_or_what_homes_are_told(
    house: Consenting, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    house.consent.set_pin(PIN, by=OWNER)
    preview, _ = house.show(house.propose())
    assert refusal(lambda: house.approve(preview)) == "wrong_pin"
    house.approve(preview, pin=PIN)
    await turns()
    await house.sender.wires[0].do(release)
    await house.sender.wires[0].do(answers())
    house.consent.propose_audio("shelf", PCM, language="de")
    told = " ".join((repr(house.consent.state()), repr(house.rows()), caplog.text))
    assert "request" in caplog.text
    assert [canary for canary in CANARIES if canary in told] == []


# How it stands


async def test_how_it_stands_is_told_without_a_word_of_what_is_in_it(house: Consenting) -> None:
    sent_id, wire = await house.send("other question", "kitchen")
    await wire.do(release)
    await wire.do(answers())
    asked_id = house.propose()
    house.wait(10)
    told = house.consent.state()
    assert isinstance(told, ConsentIs)
    assert (told.is_allowed, told.has_pin) == (True, False)
    assert [destination.id for destination in told.destinations] == [CHAT, TRANSCRIPTION]
    _, outgoing = house.show(asked_id)
    assert told.waiting == (
        WaitingWords(
            request_id=asked_id,
            satellite_id="shelf",
            content="text",
            destination_id=CHAT,
            size_bytes=len(outgoing.raw),
            asked_at="2026-11-22T04:05:06+00:00",
            left_s=290,
        ),
    )
    assert told.decided == (
        DecidedWords(
            request_id=sent_id,
            satellite_id="kitchen",
            content="text",
            destination_id=CHAT,
            decided_at="2026-11-22T04:05:06+00:00",
            fate="answered",
            status=200,
            sent_bytes=len(wire.released[0]),
            received_bytes=7,
            has_answer=True,
        ),
    )
    assert (told.month, told.sent_bytes) == ("2026-11", len(wire.released[0]))
    assert told.sent_days == {"2026-11-22": len(wire.released[0])}


async def test_who_listens_hears_of_every_change_until_it_does_not_want_to(house: Consenting) -> None:
    heard: list[int] = []
    stop = house.consent.on_change(lambda: heard.append(1))
    request_id = house.propose()
    assert len(heard) == 1
    house.show(request_id)
    assert len(heard) == 1, "who looks changes nothing"
    house.refuse(request_id)
    house.propose("other")
    house.wait(WAITS_S)
    house.consent.expire()
    assert len(heard) == 4
    stop()
    house.propose("another")
    assert len(heard) == 4


async def test_what_could_be_proposed_is_known(tmp_path: Path) -> None:
    async with consenting(tmp_path) as house:
        assert not house.consent.is_allowed
        assert house.consent.contents == ()
        await house.add(transcription_service())
        assert house.consent.is_allowed
        assert house.consent.contents == (Content.AUDIO,)
        await house.add(chat_service())
        assert house.consent.contents == (Content.TEXT, Content.AUDIO)


# What is not even asked about


async def test_nothing_is_asked_about_while_the_switch_is_off_or_there_is_nowhere_to_send_it(tmp_path: Path) -> None:
    async with consenting(tmp_path) as house:
        assert refusal(house.propose) == "switched_off"
        assert refusal(lambda: house.consent.propose_audio("shelf", PCM, language="")) == "switched_off"
        await house.allow(True)
        assert refusal(house.propose) == "no_destination"
        assert refusal(lambda: house.consent.propose_audio("shelf", PCM, language="")) == "no_destination"
        assert house.consent.state().waiting == ()


@pytest.mark.parametrize("text", ["", " \n"])
async def test_nothing_is_no_question(house: Consenting, text: str) -> None:
    assert refusal(lambda: house.propose(text)) == "malformed"


@pytest.mark.parametrize("pcm", [b"", b"abc"])
async def test_half_a_sample_is_no_sound(house: Consenting, pcm: bytes) -> None:
    assert refusal(lambda: house.consent.propose_audio("shelf", pcm, language="")) == "malformed"


async def test_one_waits_for_each_satellite_and_five_are_asked_about_in_a_minute(house: Consenting) -> None:
    house.propose()
    assert refusal(lambda: house.propose("other")) == "already_waiting"
    for number in range(1, MOST_A_MINUTE):
        house.propose(satellite_id=f"s{number}")
    assert refusal(lambda: house.propose(satellite_id="s9")) == "too_many"
    house.wait(MINUTE_S)
    house.propose(satellite_id="s9")


async def test_what_somebody_said_no_to_is_not_asked_about_again(house: Consenting) -> None:
    house.refuse(house.propose())
    assert house.fates == [("refused", "")]
    assert refusal(house.propose) == "refused_lately"
    house.propose("something else")
    (row,) = house.rows(Action.REFUSE)
    assert (row.actor, row.about, row.detail["destination"]) == (OWNER, house.decided[0].request_id, CHAT)


# A yes that is none


async def test_a_yes_is_good_once(house: Consenting) -> None:
    preview, _ = house.show(house.propose())
    house.approve(preview)
    assert refusal(lambda: house.approve(preview)) == "not_waiting"
    await turns()
    assert len(house.sender.wires) == 1
    await house.sender.wires[0].do(release)
    await house.sender.wires[0].do(answers())
    assert refusal(lambda: house.approve(preview)) == "not_waiting"
    assert refusal(lambda: house.refuse(preview.request_id)) == "not_waiting"
    assert refusal(lambda: house.show(preview.request_id)) == "not_waiting"
    assert len(house.rows(Action.APPROVE)) == 1


async def test_a_yes_to_something_else_is_none(house: Consenting) -> None:
    preview, _ = house.show(house.propose())
    other, _ = house.show(house.propose("other", "kitchen"))
    assert refusal(lambda: house.approve(preview, hash=other.hash)) == "altered"
    assert refusal(lambda: house.approve(preview, nonce=other.nonce)) == "not_shown"
    assert refusal(lambda: house.approve(preview, nonce=NEVER)) == "not_shown"
    assert refusal(lambda: house.approve(preview, by="another")) == "not_shown"
    assert refusal(lambda: house.approve(preview, request_id=NEVER)) == "not_waiting"
    await turns()
    assert house.sender.wires == []
    assert house.rows(Action.APPROVE) == []


async def test_a_yes_that_comes_too_late_is_none(house: Consenting) -> None:
    preview, _ = house.show(house.propose())
    house.wait(WAITS_S)
    assert refusal(lambda: house.approve(preview)) == "not_waiting"
    assert house.fates == [("expired", "")]
    house.propose()


async def test_a_yes_while_the_switch_is_off_is_none(house: Consenting) -> None:
    preview, _ = house.show(house.propose())
    house.records.cloud.allow(False)  # behind the back of who revokes
    assert refusal(lambda: house.approve(preview)) == "switched_off"


@pytest.mark.usefixtures("impatient")
async def test_a_yes_that_cannot_be_written_down_is_none_yet(house: Consenting, tmp_path: Path) -> None:
    preview, _ = house.show(house.propose())
    with locked(tmp_path / "gateway"):
        assert refusal(lambda: house.approve(preview)) == "not_stored"
        await turns()
        assert house.sender.wires == []
    house.approve(preview)
    await turns()
    assert len(house.sender.wires) == 1


@pytest.mark.usefixtures("impatient")
async def test_a_no_that_cannot_be_written_down_is_one_all_the_same(
    house: Consenting, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    request_id = house.propose()
    with locked(tmp_path / "gateway"):
        house.refuse(request_id)
    assert house.fates == [("refused", "")]
    assert "the refusal is not in the audit log" in caplog.text


async def test_an_answer_is_had_for_what_was_answered_only(house: Consenting) -> None:
    request_id, wire = await house.send()
    assert refusal(lambda: house.consent.answer(request_id)) == "not_known"
    await wire.do(release)
    await wire.do(answers())
    assert house.consent.answer(request_id) == ANSWER
    assert refusal(lambda: house.consent.answer(NEVER)) == "not_known"


# The PIN


async def test_where_there_is_a_pin_a_yes_takes_it(house: Consenting) -> None:
    preview, _ = house.show(house.propose())
    house.consent.set_pin(PIN, by=OWNER)
    assert house.consent.state().has_pin
    assert refusal(lambda: house.approve(preview)) == "wrong_pin"
    house.approve(preview, pin=PIN)


async def test_a_wrong_pin_is_counted_only_with_a_yes_that_is_good_but_for_it(house: Consenting) -> None:
    house.consent.set_pin(PIN, by=OWNER)
    preview, _ = house.show(house.propose())
    for _ in range(MOST_WRONG_PINS):
        assert refusal(lambda: house.approve(preview, nonce=NEVER)) == "not_shown"
    house.approve(preview, pin=PIN)


async def test_after_five_wrong_pins_even_the_right_one_is_refused_for_a_while(house: Consenting) -> None:
    house.consent.set_pin(PIN, by=OWNER)
    preview, _ = house.show(house.propose())
    for _ in range(MOST_WRONG_PINS):
        assert refusal(lambda: house.approve(preview, pin="wrong")) == "wrong_pin"
        house.wait(1)
    assert refusal(lambda: house.approve(preview, pin=PIN)) == "pin_locked"
    house.clock_s += WRONG_PINS_WITHIN_S - MOST_WRONG_PINS - 0.001
    house.refuse(preview.request_id)
    later, _ = house.show(house.propose("other"))
    assert refusal(lambda: house.approve(later, pin=PIN)) == "pin_locked"
    house.wait(0.001)
    house.approve(later, pin=PIN)


async def test_a_new_pin_may_be_tried_at_once(house: Consenting) -> None:
    house.consent.set_pin(PIN, by=OWNER)
    preview, _ = house.show(house.propose())
    for _ in range(MOST_WRONG_PINS):
        assert refusal(lambda: house.approve(preview, pin="wrong")) == "wrong_pin"
    house.consent.set_pin("", by=OWNER)
    assert not house.consent.state().has_pin
    house.approve(preview)


@pytest.mark.usefixtures("impatient")
async def test_a_pin_that_is_none_or_cannot_be_kept_changes_nothing(house: Consenting, tmp_path: Path) -> None:
    assert refusal(lambda: house.consent.set_pin("123", by=OWNER)) == "malformed"
    with locked(tmp_path / "gateway"):
        assert refusal(lambda: house.consent.set_pin(PIN, by=OWNER)) == "not_stored"
    assert not house.consent.state().has_pin


# Taking it back


async def test_never_mind_ends_what_was_asked_for_there_and_nothing_else(house: Consenting) -> None:
    _, wire = await house.send("one")
    house.propose("two")
    _, other = await house.send("three", "kitchen")
    assert await house.consent.withdraw("shelf") == 2
    assert house.fates == [("withdrawn", ""), ("revoked", "withdrawn")]
    assert (wire.cuts, other.cuts) == (1, 0)
    assert await house.consent.withdraw("shelf") == 0
    house.propose("two")  # it was no refusal


async def test_where_everything_is_forgotten_nothing_waits_is_sent_or_is_known(house: Consenting) -> None:
    _, wire = await house.send("one")
    house.propose("two")
    await house.consent.forget()
    assert house.fates == [("withdrawn", "forgotten"), ("revoked", "forgotten")]
    assert wire.cuts == 1
    state = house.consent.state()
    assert (state.waiting, state.decided) == ((), ())
    house.propose("two")  # it was no refusal


async def test_switching_off_ends_everything_and_on_again_brings_nothing_back(house: Consenting) -> None:
    _, wire = await house.send("one")
    preview, _ = house.show(house.propose("two"))
    await house.allow(False)
    assert house.fates == [("revoked", "switched_off")] * 2
    assert not house.consent.is_allowed
    await house.allow(True)
    assert refusal(lambda: house.approve(preview)) == "not_waiting"
    with pytest.raises(VoiceError, match="it is sent once, if at all"):
        wire.release()


@pytest.mark.usefixtures("impatient")
async def test_switching_off_works_where_it_cannot_be_written_down_and_switching_on_does_not(
    house: Consenting, tmp_path: Path
) -> None:
    preview, _ = house.show(house.propose())
    with locked(tmp_path / "gateway"):
        assert await refused(house.allow(False)) == "not_stored"
        assert house.fates == [("revoked", "switched_off")]
        assert not house.consent.is_allowed
        assert await refused(house.allow(True)) == "not_stored"
        assert not house.consent.is_allowed
    assert refusal(lambda: house.approve(preview)) == "switched_off"


async def test_a_destination_that_is_removed_or_replaced_takes_what_waits_for_it_along(house: Consenting) -> None:
    house.propose()
    house.consent.propose_audio("kitchen", PCM, language="")
    await house.consent.add_destination(chat_service(key="sk-another"), by=OWNER)
    assert house.fates == [("revoked", "destination")]
    _, wire = await house.send("other")
    await house.consent.remove_destination(CHAT, by=OWNER)
    assert house.fates == [("revoked", "destination")] * 2
    assert wire.cuts == 1
    assert refusal(lambda: house.propose("more")) == "no_destination"
    assert len(house.consent.state().waiting) == 1, "for the other destination"
    assert await refused(house.consent.remove_destination(CHAT, by=OWNER)) == "no_such_destination"


@pytest.mark.usefixtures("impatient")
async def test_a_destination_that_cannot_be_used_or_written_down_changes_nothing_and_removing_works(
    house: Consenting, tmp_path: Path
) -> None:
    house.propose()
    assert await refused(house.consent.add_destination(chat_service(url="http://x"), by=OWNER)) == "malformed"
    with locked(tmp_path / "gateway"):
        assert await refused(house.consent.add_destination(chat_service(), by=OWNER)) == "not_stored"
        assert house.decided == []
        assert await refused(house.consent.remove_destination(CHAT, by=OWNER)) == "not_stored"
    assert house.fates == [("revoked", "destination")]
    assert house.records.cloud.get(CHAT) is None


async def test_who_is_no_peer_any_more_has_seen_nothing_and_said_yes_to_nothing(house: Consenting) -> None:
    _, homes = await house.send("one", by="home")
    _, others = await house.send("two", "kitchen", by="other")
    _, owners = await house.send("three", "bath")
    preview, _ = house.show(house.propose("four", "attic"), by="home")
    house.consent.know_peers(frozenset({"other"}))
    assert refusal(lambda: house.approve(preview, by="home")) == "not_shown"
    assert house.fates == []
    await house.consent.cut()
    assert house.fates == [("revoked", "peer_revoked")]
    await house.consent.cut()
    assert [wire.cuts for wire in (homes, others, owners)] == [1, 0, 0]


async def test_what_is_being_sent_when_the_broker_stops_is_cut_off(house: Consenting) -> None:
    _, wire = await house.send()
    house.propose("other")
    await house.consent.close()
    assert sorted(house.fates) == [("revoked", "stopped")] * 2
    assert wire.cuts == 1
    await house.consent.close()


# After the last end


async def test_what_the_last_end_cut_short_is_settled_once_and_never_sent_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with consenting(tmp_path, chat_service()) as house:
        sent_id, wire = await house.send("one")
        await wire.do(release)
        unsent_id, _ = await house.send("two", "kitchen")
        house.records.close()  # nothing more is written: as if it had been killed
    async with consenting(tmp_path) as house:
        house.consent.settle()
        assert "2 approved requests were cut short by the last end; nothing is sent again" in caplog.text
        results = {row.about: row.detail for row in house.rows(Action.RESULT)}
        assert results == {
            sent_id: {"outcome": "unknown", "reason": "broker_ended"},
            unsent_id: {"outcome": "not_sent", "reason": "broker_ended"},
        }
        assert refusal(lambda: house.show(unsent_id)) == "not_waiting"
        caplog.clear()
        house.consent.settle()
        assert caplog.text == ""
        assert len(house.rows(Action.RESULT)) == 2
        assert house.sender.wires == []
