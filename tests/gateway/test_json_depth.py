import time

import pytest

from gateway.json_depth import DEEPEST, is_too_deep


@pytest.mark.parametrize(
    "raw", [b"{}", b'"["', b"[" * DEEPEST + b"]" * DEEPEST, b'{"a": "[[[[[[[[[{{{{"}', b'["\\"[[[[[[[[["]']
)
def test_what_nests_as_deep_as_allowed_passes(raw: bytes) -> None:
    assert not is_too_deep(raw)


@pytest.mark.parametrize("raw", [b"[" * (DEEPEST + 1), b'{"a":' * (DEEPEST + 1), b'["[", "\\"", ' + b"[" * DEEPEST])
def test_what_nests_deeper_does_not(raw: bytes) -> None:
    assert is_too_deep(raw)


@pytest.mark.parametrize("raw", [b'"' + b'\\"' * 32_000, b'"' * 65_535, b'"\\\n' * 20_000, b"\\" * 65_536])
def test_quotation_marks_without_end_take_no_time(raw: bytes) -> None:
    begun_s = time.perf_counter()
    is_too_deep(raw)
    assert time.perf_counter() - begun_s < 0.5
