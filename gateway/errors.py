"""Every error that this program raises on purpose; third-party errors become one of these at the edge, once.

    VoiceError
    ├── ConfigError        the configuration file, or a command's arguments
    ├── AudioError         a recording or a sound device that cannot be used
    ├── ModelError         a model file that is missing or damaged
    ├── EngineError        a model that failed while it was working
    ├── HouseError         a house file that cannot be used
    ├── HomeError          the home did not answer in time
    ├── ProtocolError      a peer said what the protocol does not allow
    ├── ProcessError       one of the gateway's own processes cannot do its work
    ├── LedgerError        what is remembered cannot be read or written
    ├── LinkError          a connection that could not be made or was lost; trying again may help
    └── TrustError         a wrong code, pin or token: only a person can help

A message names the thing and the way out. It never holds what was said, nor the name of a thing at home, unless the
person who reads it typed or wrote that name themselves (a configuration or house file).
"""

from typing import ClassVar


class VoiceError(Exception):
    """The root of the tree; `code` is stable and safe to log, the message is for a person."""

    code: ClassVar[str] = "voice_error"


class ConfigError(VoiceError):
    """The configuration is not usable; the message names file, key, what was found and what is allowed."""

    code = "config"


class AudioError(VoiceError):
    """A recording or sound device is not usable."""

    code = "audio"


class ModelError(VoiceError):
    """A model file is missing, or is not the file that the registry names."""

    code = "model"


class EngineError(VoiceError):
    """A model failed while it was working."""

    code = "engine"


class HouseError(VoiceError):
    """A house file is not usable; the message names file, entry and what is allowed."""

    code = "house"


class HomeError(VoiceError):
    """The home did not answer an action request in time."""

    code = "home"


class ProtocolError(VoiceError):
    """A peer said what the protocol does not allow; `refusal` is the code that it gets to hear."""

    code = "protocol"

    def __init__(self, refusal: str, message: str, *, about: str = "") -> None:
        """`about` is the type of the message that is refused, where it has one."""
        super().__init__(message)
        self.refusal = refusal
        self.about = about


class ProcessError(VoiceError):
    """One of the gateway's own processes cannot do its work; the message says why, as it was told."""

    code = "process"


class LedgerError(VoiceError):
    """What is remembered cannot be read, written or forgotten; the message says what a person can do."""

    code = "ledger"

    def __init__(self, message: str, *, refusal: str = "") -> None:
        """`refusal` is the code that whoever asked gets to hear, where there is a better one than `code`."""
        super().__init__(message)
        self.refusal = refusal or self.code


class LedgerFullError(LedgerError):
    """There is no room, on the disk or in what the ledger may hold, until something is deleted."""

    code = "full"


class TooManyError(LedgerError):
    """There are as many of something that somebody made as there may be."""

    code = "too_many"


class LinkError(VoiceError):
    """A connection could not be made, or was lost; trying again may help."""

    code = "link"


class TrustError(VoiceError):
    """A wrong code, pin or token; trying again does not help, the message says what a person can do."""

    code = "trust"
