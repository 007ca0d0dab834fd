import json
import os
import stat
from pathlib import Path

import pytest

from gateway.broker import cloud_store
from gateway.broker.cloud_store import CloudStore, destination_words
from gateway.broker.destination import Content, Destination, Kind
from gateway.errors import ConfigError
from gateway.wire.consent_words import MOST_DESTINATIONS, ConsentIs, DestinationWords
from gateway.wire.messages import encode

LARGE_CA = f"{'A' * 64}\n" * 504
ADDED_AT = "2026-11-22T04:05:06+00:00"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud_store, "SCRYPT", {"n": 2, "r": 1, "p": 1, "dklen": 32})


def destination(name: str = "work", kind: Kind = Kind.CHAT, key: str = "sk-hidden", ca: str = "") -> Destination:
    return Destination(
        id=name,
        kind=kind,
        host="api.example",
        port=443,
        path="/v1/chat/completions",
        model="m",
        is_local=False,
        key=key,
        key_version=0,
        ca=ca,
        added_at=ADDED_AT,
    )


def test_at_first_nothing_is_allowed_and_nothing_is_written(tmp_path: Path) -> None:
    store = CloudStore(tmp_path)
    assert (store.is_allowed, store.has_pin, store.destinations) == (False, False, ())
    assert store.get("work") is None
    assert store.for_content(Content.TEXT) is None
    assert store.is_pin("")
    assert store.is_pin("anything")
    assert not store.remove("work")
    assert not list(tmp_path.iterdir())


def test_everything_is_there_again_after_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "gateway"
    store = CloudStore(folder)
    work = store.put(destination(ca="PEM"))
    home = store.put(destination("home", Kind.TRANSCRIPTION, key=""))
    store.allow(True)
    store.set_pin("1234")
    again = CloudStore(folder)
    assert again.destinations == (work, home)
    assert again.get("home") == home
    assert (again.is_allowed, again.has_pin) == (True, True)
    assert again.is_pin("1234")
    assert not again.is_pin("1235")
    assert not again.is_pin("")
    assert not again.is_pin("\ud800")
    again.set_pin("")
    assert CloudStore(folder).is_pin("whatever")


def test_only_its_owner_may_read_the_file_and_it_holds_no_pin(tmp_path: Path) -> None:
    folder = tmp_path / "gateway"
    store = CloudStore(folder)
    store.set_pin("4711-0815")
    path = folder / "cloud.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    first = path.read_text(encoding="utf-8")
    assert "4711-0815" not in first
    store.set_pin("4711-0815")
    assert json.loads(first)["pin"] != json.loads(path.read_text(encoding="utf-8"))["pin"], "each has a salt of its own"


def test_no_key_is_ever_shown(tmp_path: Path) -> None:
    stored = CloudStore(tmp_path).put(destination())
    assert "hidden" not in repr(stored)
    words = destination_words(stored)
    assert words == DestinationWords(
        id="work",
        kind="chat",
        host="api.example",
        port=443,
        path="/v1/chat/completions",
        model="m",
        has_key=True,
        added_at=ADDED_AT,
    )
    assert b"hidden" not in encode(ConsentIs(is_allowed=True, has_pin=False, destinations=(words,)))


def test_what_is_sent_goes_to_the_one_added_last_of_its_kind(tmp_path: Path) -> None:
    store = CloudStore(tmp_path)
    for name, kind in (("a", Kind.CHAT), ("b", Kind.CHAT), ("c", Kind.TRANSCRIPTION)):
        store.put(destination(name, kind))
    assert named(store.for_content(Content.TEXT)) == "b"
    assert named(store.for_content(Content.AUDIO)) == "c"
    store.put(destination("a"))
    assert named(store.for_content(Content.TEXT)) == "a"
    assert store.remove("a")
    assert named(store.for_content(Content.TEXT)) == "b"


def named(found: Destination | None) -> str:
    return "" if found is None else found.id


def test_a_key_version_is_never_had_again(tmp_path: Path) -> None:
    versions = [CloudStore(tmp_path).put(destination()).key_version for _ in range(3)]
    store = CloudStore(tmp_path)
    assert store.remove("work")
    store = CloudStore(tmp_path)
    versions += [store.put(destination()).key_version, store.put(destination("other")).key_version]
    assert versions == [1, 2, 3, 4, 5]


def test_a_replaced_key_is_nowhere_any_more(tmp_path: Path) -> None:
    store = CloudStore(tmp_path)
    store.put(destination(key="sk-old"))
    store.put(destination(key="sk-new"))
    text = (tmp_path / "cloud.json").read_text(encoding="utf-8")
    assert "sk-new" in text
    assert "sk-old" not in text
    store.remove("work")
    assert "sk-new" not in (tmp_path / "cloud.json").read_text(encoding="utf-8")


def test_there_is_room_for_as_many_as_fit_into_one_message(tmp_path: Path) -> None:
    store = CloudStore(tmp_path)
    for number in range(MOST_DESTINATIONS):
        store.check_room(str(number))
        store.put(destination(str(number), key="k" * 512, ca=LARGE_CA))
    with pytest.raises(ConfigError, match="16 destinations leave no room for another"):
        store.put(destination("one more"))
    assert store.put(destination("3", key="k" * 512, ca=LARGE_CA)).key_version == MOST_DESTINATIONS + 1
    assert CloudStore(tmp_path).destinations == store.destinations
    assert (tmp_path / "cloud.json").stat().st_size < cloud_store.LARGEST_BYTES


@pytest.mark.parametrize("pin", ["123", "1" * 33, "12 34", "12é4", "123\n", "1234\x7f"])
def test_a_pin_is_a_short_plain_word(pin: str, tmp_path: Path) -> None:
    store = CloudStore(tmp_path)
    with pytest.raises(ConfigError, match="a PIN has 4 to 32 characters") as refused:
        store.set_pin(pin)
    assert pin not in str(refused.value)
    assert not store.has_pin


def unwritable(*_: object) -> None:
    raise ConfigError("cannot be written")


def test_what_cannot_be_stored_is_not_so_except_for_the_switch_which_is_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = CloudStore(tmp_path)
    kept = store.put(destination())
    monkeypatch.setattr(cloud_store, "write_privately", unwritable)
    for change in (
        lambda: store.allow(True),
        lambda: store.set_pin("1234"),
        lambda: store.put(destination("other")),
        lambda: store.remove("work"),
    ):
        with pytest.raises(ConfigError, match="cannot be written"):
            change()
    assert (store.is_allowed, store.has_pin, store.destinations) == (False, False, (kept,))
    monkeypatch.undo()
    store.allow(True)
    monkeypatch.setattr(cloud_store, "write_privately", unwritable)
    with pytest.raises(ConfigError, match="cannot be written"):
        store.allow(False)
    assert not store.is_allowed


GOOD_RECORD = {
    "id": "work",
    "kind": "chat",
    "host": "api.example",
    "port": 443,
    "path": "/v1/chat/completions",
    "model": "m",
    "is_local": False,
    "key": "k",
    "key_version": 1,
    "ca": "",
    "added_at": ADDED_AT,
}
GOOD: dict[str, object] = {
    "version": 1,
    "is_allowed": True,
    "last_key_version": 2,
    "pin": {"salt": "0" * 32, "hash": "f" * 64},
    "destinations": [GOOD_RECORD],
}


def test_the_form_on_disk_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "cloud.json").write_text(json.dumps(GOOD), encoding="utf-8")
    store = CloudStore(tmp_path)
    assert (store.is_allowed, store.has_pin, len(store.destinations)) == (True, True, 1)
    store.allow(True)
    assert json.loads((tmp_path / "cloud.json").read_bytes()) == GOOD


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"is_allowed": 1},
        {"last_key_version": 0},
        {"last_key_version": -1},
        {"pin": {"salt": "0", "hash": "f" * 64}},
        {"pin": "1234"},
        {"always": True},
        {"destinations": [GOOD_RECORD, GOOD_RECORD | {"key_version": 2}]},
        {"destinations": [GOOD_RECORD, GOOD_RECORD | {"id": "other"}]},
        {"destinations": [GOOD_RECORD | {"key_version": 3}]},
        {"destinations": [GOOD_RECORD | {"kind": "video"}]},
        {"destinations": [GOOD_RECORD | {"port": 0}]},
        {"destinations": [GOOD_RECORD | {"host": "a b"}]},
        {"destinations": [GOOD_RECORD | {"host": "a\r\nb"}]},
        {"destinations": [GOOD_RECORD | {"path": "/ HTTP/1.1\r\n"}]},
        {"destinations": [GOOD_RECORD | {"path": "v1"}]},
        {"destinations": [GOOD_RECORD | {"key": "a\nb"}]},
        {"destinations": [GOOD_RECORD | {"extra": 1}]},
    ],
    ids=str,
)
def test_a_file_that_nobody_here_wrote_is_refused(change: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / "cloud.json").write_text(json.dumps(GOOD | change), encoding="utf-8")
    with pytest.raises(ConfigError, match="delete it and add the destinations again"):
        CloudStore(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"\xff", b"null"])
def test_a_damaged_file_is_named_with_the_way_out(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "cloud.json").write_bytes(content)
    with pytest.raises(ConfigError, match=r"cloud\.json: damaged"):
        CloudStore(tmp_path)


def test_a_file_of_any_size_is_not_read_whole(tmp_path: Path) -> None:
    with (tmp_path / "cloud.json").open("wb") as file:
        os.truncate(file.fileno(), cloud_store.LARGEST_BYTES + 1)
    with pytest.raises(ConfigError, match="that is no file of ours"):
        CloudStore(tmp_path)


def test_a_guess_of_the_pin_takes_as_long_as_it_is_meant_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.undo()
    assert cloud_store.SCRYPT["n"] * cloud_store.SCRYPT["r"] * 128 == 16 * 1024 * 1024
    store = CloudStore(tmp_path)
    store.set_pin("1234")
    assert store.is_pin("1234")
    assert not store.is_pin("4321")
