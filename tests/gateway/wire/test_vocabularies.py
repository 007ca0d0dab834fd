"""The words of both ports: what each role may say is heard, bounded, and told apart from everything else."""

from types import ModuleType

import msgspec
import pytest

from gateway.errors import ProtocolError
from gateway.wire import broker_words, consent_words, ledger_words, messages, request_words, voice_words
from gateway.wire.broker_words import MOST_PEERS, PairBegin, Peers, PeerWords
from gateway.wire.messages import Message, Vocabulary, encode, name_of
from gateway.wire.peers import Role
from gateway.wire.voice_words import EntityWords, HousePart, SoundBegin

PORTS = [(voice_words, voice_words.TO_GATEWAY), (broker_words, broker_words.TO_BROKER)]


def kinds(words: ModuleType) -> list[type[Message]]:
    """Return the messages of a port; each has several modules."""
    more = {broker_words: (consent_words,), voice_words: (request_words, ledger_words)}.get(words, ())
    known = {name: kind for module in (words, *more) for name, kind in vars(module).items()}
    return [
        kind for kind in known.values() if isinstance(kind, type) and issubclass(kind, Message) and kind is not Message
    ]


def hears(vocabulary: Vocabulary, kind: type[Message]) -> bool:
    """Return whether a vocabulary knows a type of message, however it is filled."""
    try:
        vocabulary.decode(f'{{"type": "{name_of(kind)}"}}'.encode())
    except ProtocolError as error:
        return error.refusal == "malformed"
    return True


def test_no_two_messages_have_the_same_name() -> None:
    every = {kind for words in (messages, voice_words, broker_words) for kind in kinds(words)}
    assert len({name_of(kind) for kind in every}) == len(every) > 30


@pytest.mark.parametrize(("words", "vocabulary"), PORTS, ids=["voice", "broker"])
def test_a_port_hears_what_some_role_may_say_and_nothing_else(words: ModuleType, vocabulary: Vocabulary) -> None:
    sayable = {kind for allowed in words.MAY_SEND.values() for kind in allowed}
    assert {kind for kind in kinds(words) if hears(vocabulary, kind)} == sayable
    assert set(words.MAY_SEND) == set(Role)


@pytest.mark.parametrize(
    ("vocabulary", "raw"),
    [
        (voice_words.TO_GATEWAY, b'{"type":"action_done","id":-1}'),
        (voice_words.TO_GATEWAY, b'{"type":"announce","id":1,"sound_bytes":4194305}'),
        (voice_words.TO_GATEWAY, b'{"type":"entities_changed","removed":[' + b'"x",' * 500 + b'"x"]}'),
        (voice_words.TO_GATEWAY, b'{"type":"entities_changed","removed":[""]}'),
        (voice_words.TO_GATEWAY, b'{"type":"house_part","entities":[{"id":"a","name":"b","attributes":{"x":{}}}]}'),
        (voice_words.TO_GATEWAY, b'{"type":"house_part","areas":[{"id":"a"}]}'),
        (voice_words.TO_GATEWAY, b'{"type":"recognize","id":0}'),
        (voice_words.TO_GATEWAY, b'{"type":"recognize","id":4294967296}'),
        (voice_words.TO_GATEWAY, b'{"type":"recognize","id":1,"wake_tail_ms":-1}'),
        (voice_words.TO_GATEWAY, b'{"type":"detect","id":1,"wake_words":[""]}'),
        (voice_words.TO_GATEWAY, b'{"type":"speak","id":1,"text":"' + b"x" * 4_097 + b'"}'),
        (voice_words.TO_GATEWAY, b'{"type":"converse","id":1}'),
        (voice_words.TO_GATEWAY, b'{"type":"change_settings","id":1,"wake_sensitivity":101}'),
        (voice_words.TO_GATEWAY, b'{"type":"sentences_known"}'),
        (voice_words.TO_HOME, b'{"type":"sentence_asked","id":1,"texts":[' + b'"x",' * 16 + b'"x"]}'),
        (voice_words.TO_HOME, b'{"type":"speaking","id":1,"rate_hz":7999}'),
        (voice_words.TO_SATELLITE, b'{"type":"sound_begin","rate_hz":7999}'),
        (voice_words.TO_SATELLITE, b'{"type":"sound_begin","rate_hz":48001}'),
        (broker_words.PAIRING_TO_BROKER, b'{"type":"pair_proof","proof":"AB"}'),
        (broker_words.PAIRING_TO_BROKER, b'{"type":"pair_proof","proof":"' + b"A" * 64 + b'"}'),
        (broker_words.PAIRING_TO_BROKER, b'{"type":"pair_proof","proof":"' + b"a" * 64 + b'\\n"}'),
        (broker_words.TO_BROKER, b'{"type":"revoke_peer","peer_id":""}'),
        (broker_words.TO_BROKER, b'{"type":"watch_audit","size":-1}'),
        (broker_words.TO_BROKER, b'{"type":"watch_audit","size":9007199254740993}'),
        (broker_words.TO_BROKER, b'{"type":"watch_audit","hash":"AB"}'),
        (broker_words.TO_BROKER, b'{"type":"watch_audit","hash":"' + b"a" * 65 + b'"}'),
        (broker_words.FROM_BROKER, b'{"type":"audit_rows","first":1,"rows":[' + b'"x",' * 24 + b'"x"]}'),
        (broker_words.FROM_BROKER, b'{"type":"audit_rows","first":1,"rows":["' + b"x" * 1_025 + b'"]}'),
        (broker_words.OWNER_TO_BROKER, b'{"type":"open_pairing","role":"admin"}'),
        (broker_words.OWNER_TO_BROKER, b'{"type":"record_download","model":"' + b"x" * 256 + b'","host":"x"}'),
        (broker_words.OWNER_TO_BROKER, b'{"type":"record_download","model":"x"}'),
    ],
)
def test_what_is_out_of_bounds_is_malformed(vocabulary: Vocabulary, raw: bytes) -> None:
    with pytest.raises(ProtocolError) as refused:
        vocabulary.decode(raw)
    assert refused.value.refusal == "malformed"


@pytest.mark.parametrize("name", ["", "x" * 61])
def test_a_pairing_device_has_a_name_of_sixty_characters_at_most(name: str) -> None:
    raw = encode(PairBegin(protocol=1, role=Role.HOME, name=name, nonce="0" * 64))
    with pytest.raises(ProtocolError):
        broker_words.PAIRING_TO_BROKER.decode(raw)


def test_what_a_house_is_made_of_survives_the_way() -> None:
    lamp = EntityWords(
        id="light.lamp", name="Lämpchen", aliases=("a",), attributes={"x": (1, None, "s", True, 0.5), "y": None}
    )
    part = HousePart(entities=(lamp,))
    assert voice_words.TO_GATEWAY.decode(encode(part)) == part
    assert voice_words.TO_SATELLITE.decode(encode(SoundBegin(rate_hz=22_050))) == SoundBegin(rate_hz=22_050)


def test_a_list_of_peers_is_bounded() -> None:
    peer = PeerWords(id="1", name="x", role=Role.HOME, paired_at="")
    too_many = encode(Peers(peers=(peer,) * (MOST_PEERS + 1)))
    with pytest.raises(ProtocolError):
        broker_words.FROM_BROKER.decode(too_many)
    assert msgspec.json.decode(encode(Peers(peers=(peer,))))["peers"] == [
        {"id": "1", "name": "x", "role": "home", "paired_at": ""}
    ]
