"""The bounds of what stands in messages, as on the gateway's side (`gateway/wire/messages.py`)."""

from typing import Annotated, Final

from .codec import Between, HexDigits

MOST_ENTITIES_A_MESSAGE: Final = 500
LARGEST_SOUND_FILE_BYTES: Final = 4 * 1024 * 1024
"""An announcement of four minutes as MP3."""
LONGEST_PIN_DIGITS: Final = 12

type Id = Annotated[str, Between(1, 255)]
type Name = Annotated[str, Between(0, 255)]
type Text = Annotated[str, Between(0, 4_096)]
type Value = Annotated[str, Between(0, 2_048)]
type Count = Annotated[int, Between(0, 2**53)]
type RequestId = Annotated[int, Between(1, 2**32 - 1)]
type Milliseconds = Annotated[int, Between(0, 86_400_000)]
type Percent = Annotated[int, Between(0, 100)]
type RateHz = Annotated[int, Between(8_000, 48_000)]
type SoundBytes = Annotated[int, Between(0, LARGEST_SOUND_FILE_BYTES)]
type Few = Annotated[tuple[Id, ...], Between(0, 64)]
type Names = Annotated[tuple[Name, ...], Between(0, 64)]
type Ids = Annotated[tuple[Id, ...], Between(0, MOST_ENTITIES_A_MESSAGE)]
type Pin = Annotated[str, Between(0, LONGEST_PIN_DIGITS)]
type Scalar = bool | int | float | Value | None
type Attribute = Scalar | Annotated[tuple[Scalar, ...], Between(0, 256)]
type Attributes = Annotated[dict[Name, Attribute], Between(0, 128)]
type Record = Annotated[dict[Name, Scalar], Between(0, 64)]
type SpeechSlot = Scalar | Annotated[tuple[Scalar | Record, ...], Between(0, 256)]
type SpeechSlots = Annotated[dict[Name, SpeechSlot], Between(0, 128)]
type StagesMs = Annotated[dict[Name, float], Between(0, 64)]
type Hex32 = Annotated[str, HexDigits(32)]
type Hex64 = Annotated[str, HexDigits(64)]
