from base64 import b32encode
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ConfigError
from gateway.wire.codes import (
    CODE_CHARS,
    Agreement,
    client_proof,
    in_groups,
    is_same,
    new_code,
    server_proof,
    typed_code,
)

CODE = "ABCDEFGHIJKL2345"
AGREED = Agreement(
    role="home",
    name="Küche",
    client_nonce=b"c" * 32,
    server_nonce=b"s" * 32,
    voice_fingerprint=b"v" * 32,
    broker_fingerprint=b"b" * 32,
)


def test_a_code_has_eighty_bits_and_is_never_the_same() -> None:
    codes = {new_code() for _ in range(100)}
    assert len(codes) == 100
    assert {len(code) for code in codes} == {CODE_CHARS}
    assert set("".join(codes)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def test_a_code_is_read_in_groups_of_four() -> None:
    assert in_groups(CODE) == "ABCD-EFGH-IJKL-2345"


@pytest.mark.parametrize(
    "text",
    [CODE, "ABCD-EFGH-IJKL-2345", " abcd efgh ijkl 2345\n", "a-b-c-d-e-f-g-h-i-j-k-l-2-3-4-5", "ABCDEFGH1JKL2345"],
)
def test_a_code_may_be_typed_in_any_way_that_people_type(text: str) -> None:
    assert typed_code(text) == CODE


def test_the_digits_that_are_no_letters_of_codes_are_taken_for_those_that_look_alike() -> None:
    assert typed_code("0000111188882222") == "OOOOIIIIBBBB2222"


@pytest.mark.parametrize("text", ["", "ABCD-EFGH-IJKL", CODE + "A", "ABCDEFGHIJKL234!", "ÄBCDEFGHIJKL2345", "9" * 16])
def test_what_cannot_be_a_code_says_what_one_looks_like(text: str) -> None:
    with pytest.raises(ConfigError, match=r"16 letters and digits .* like ABCD-EFGH-IJKL-MNOP; `local-voice pair`"):
        typed_code(text)


@given(st.binary(min_size=10, max_size=10))
def test_every_code_survives_being_read_and_typed(content: bytes) -> None:
    code = b32encode(content).decode()
    assert typed_code(in_groups(code).lower()) == code


def test_the_proofs_are_those_of_the_protocols_description() -> None:
    """The values are written down so that no change of the code changes the protocol unseen."""
    assert client_proof(CODE, AGREED).hex() == "b04db3780b315173104a12fb3dfe3aa7a5077a02f03a31412b8baa32ddb0dd5b"
    assert server_proof(CODE, AGREED).hex() == "6d0ef6eea895e40c9a059ff1f77cb45b77e995dcdc87e33ff7a9ece9598b192f"


@pytest.mark.parametrize(
    "other",
    [
        replace(AGREED, role="satellite"),
        replace(AGREED, name="Kuche"),
        replace(AGREED, client_nonce=b"x" * 32),
        replace(AGREED, server_nonce=b"x" * 32),
        replace(AGREED, voice_fingerprint=b"x" * 32),
        replace(AGREED, broker_fingerprint=b"x" * 32),
        replace(AGREED, role="homeK", name="üche"),
    ],
)
def test_a_proof_is_bound_to_everything_that_was_agreed(other: Agreement) -> None:
    assert not is_same(client_proof(CODE, other), client_proof(CODE, AGREED))
    assert not is_same(server_proof(CODE, other), server_proof(CODE, AGREED))


def test_a_proof_is_bound_to_the_code_and_the_side() -> None:
    assert is_same(client_proof(CODE, AGREED), client_proof(CODE, AGREED))
    assert not is_same(client_proof(CODE, AGREED), client_proof("A" * 16, AGREED))
    assert not is_same(client_proof(CODE, AGREED), server_proof(CODE, AGREED))
