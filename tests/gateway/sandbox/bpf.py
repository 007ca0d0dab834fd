"""The kernel's packet filter machine, as much of it as filters of system calls use: it says what one would answer."""

import struct
from collections.abc import Sequence
from typing import Final

ALLOWED: Final = "allowed"
KILLED: Final = "killed"
INSTRUCTION: Final = struct.Struct("<HBBI")
CALL: Final = struct.Struct("<iIQ6Q")
"""`struct seccomp_data`: number, architecture, where the call was made, arguments."""
LONGEST: Final = 4_096
"""Instructions, as in the kernel."""


def answer(program: bytes, audit: int, number: int, arguments: Sequence[int] = ()) -> str | int:
    """Return `ALLOWED`, `KILLED`, or the number of the error that a call is answered with."""
    code = list(INSTRUCTION.iter_unpack(program))
    assert 0 < len(code) <= LONGEST
    call = CALL.pack(number, audit, 0x7F00_0000_1234, *(*arguments, 0, 0, 0, 0, 0, 0)[:6])
    at = accumulator = 0
    while True:
        operation, if_so, if_not, operand = code[at]
        at += 1
        match operation:
            case 0x20:  # BPF_LD | BPF_W | BPF_ABS; the kernel takes only whole words
                assert operand % 4 == 0
                (accumulator,) = struct.unpack_from("<I", call, operand)
            case 0x54:  # BPF_ALU | BPF_AND | BPF_K
                accumulator &= operand
            case 0x15:  # BPF_JMP | BPF_JEQ | BPF_K
                at += if_so if accumulator == operand else if_not
            case 0x25:  # BPF_JGT
                at += if_so if accumulator > operand else if_not
            case 0x35:  # BPF_JGE
                at += if_so if accumulator >= operand else if_not
            case 0x45:  # BPF_JSET
                at += if_so if accumulator & operand else if_not
            case 0x06:  # BPF_RET | BPF_K
                return meaning(operand)
            case _:
                raise AssertionError(f"instruction {at - 1} is {operation:#x}, which filters of calls do not use")


def meaning(returned: int) -> str | int:
    match returned & 0xFFFF_0000:
        case 0x7FFF_0000:
            return ALLOWED
        case 0x8000_0000:
            return KILLED
        case 0x0005_0000:
            return returned & 0xFFFF
    raise AssertionError(f"the filter returns {returned:#x}, which means nothing of ours")
