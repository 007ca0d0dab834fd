"""Encryption: bound to its place, whichever algorithm; every altered byte is found."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import LedgerError
from gateway.ledger.cipher import OVERHEAD_BYTES, Algorithm, Place, decrypted, encrypted, quickest

KEY, OTHER_KEY = bytes(32), bytes(31) + b"\x01"
PLACE = Place(row_id="a" * 32, part="content", at_us=1, version=1)


@pytest.mark.parametrize("algorithm", Algorithm)
def test_what_was_encrypted_can_be_decrypted(algorithm: Algorithm) -> None:
    stored = encrypted(KEY, b"turn on", PLACE, algorithm)
    assert stored[0] == algorithm
    assert len(stored) == len(b"turn on") + OVERHEAD_BYTES
    assert b"turn" not in stored
    assert decrypted(KEY, stored, PLACE) == b"turn on"
    assert encrypted(KEY, b"turn on", PLACE, algorithm) != stored


@pytest.mark.parametrize("algorithm", Algorithm)
def test_every_altered_byte_is_found(algorithm: Algorithm) -> None:
    stored = encrypted(KEY, b"turn on", PLACE, algorithm)
    for number in range(len(stored)):
        altered = stored[:number] + bytes([stored[number] ^ 1]) + stored[number + 1 :]
        with pytest.raises(LedgerError, match=f"the content of row {'a' * 32} cannot be decrypted"):
            decrypted(KEY, altered, PLACE)
        with pytest.raises(LedgerError):
            decrypted(KEY, stored[:number], PLACE)


@pytest.mark.parametrize("algorithm", Algorithm)
def test_another_key_or_place_decrypts_nothing(algorithm: Algorithm) -> None:
    stored = encrypted(KEY, b"turn on", PLACE, algorithm)
    places = [
        replace(PLACE, row_id="b" * 32),
        replace(PLACE, part="clip"),
        replace(PLACE, at_us=11),
        replace(PLACE, version=2),
    ]
    for place in places:
        with pytest.raises(LedgerError):
            decrypted(KEY, stored, place)
    with pytest.raises(LedgerError):
        decrypted(OTHER_KEY, stored, PLACE)


def test_no_part_of_a_place_can_be_taken_for_another() -> None:
    one = Place(row_id="a", part="content", at_us=11, version=1)
    assert one.authenticated(1) != replace(one, at_us=1, version=11).authenticated(1)
    assert one.authenticated(1) != one.authenticated(2)


@pytest.mark.parametrize(
    ("cpuinfo", "algorithm"),
    [
        ("processor\t: 0\nflags\t\t: fpu aes avx\n", Algorithm.AES_256_GCM),
        ("processor\t: 0\nFeatures\t: fp asimd aes pmull\n", Algorithm.AES_256_GCM),
        ("processor\t: 0\nFeatures\t: fp asimd evtstrm crc32 cpuid\n", Algorithm.CHACHA20_POLY1305),
        ("flags\t\t: vaes\nmodel name : aes\n", Algorithm.CHACHA20_POLY1305),
        ("", Algorithm.CHACHA20_POLY1305),
    ],
)
def test_aes_is_taken_where_the_processor_has_it(tmp_path: Path, cpuinfo: str, algorithm: Algorithm) -> None:
    (tmp_path / "cpuinfo").write_text(cpuinfo)
    assert quickest(tmp_path / "cpuinfo") is algorithm


def test_a_machine_that_does_not_tell_gets_what_is_quick_everywhere(tmp_path: Path) -> None:
    assert quickest(tmp_path / "nowhere") is Algorithm.CHACHA20_POLY1305
