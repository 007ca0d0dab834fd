"""The words between launcher, broker and voice process: JSON lines on socket pairs that only they have.

    launcher ── BrokerBegin, VoiceStarted, KeepSettings, Stop ──► broker
    broker ──── BrokerReady, Peers, ShowCode, Written, SettingsKept, Failed ──► launcher
    launcher ── VoiceBegin, Peers, Serve, SettingsKept, Stop ──► voice
    voice ───── Protected, Serving, KeepSettings, Failed ──► launcher

Both are asked for a sign of life from time to time (Ping, Pong). What voice and broker have to say to each other goes
through the launcher, so that either can be started anew alone.
"""

from typing import Annotated, Final

import msgspec

from gateway.offer import SettingsChange
from gateway.protection import Protection
from gateway.wire.broker_words import MOST_PEERS
from gateway.wire.messages import Count, Message, Name, Text
from gateway.wire.peers import Peer


class BrokerBegin(Message, frozen=True, tag="broker_begin"):
    """Who you are; the first message."""

    folder: Text
    """The gateway's own, which the broker keeps."""
    voice_fingerprint: Name
    """Hex."""
    version: Name
    configuration: Name
    """A digest of the configuration file's meaning, so that a change of it shows in the audit log."""


class BrokerReady(Message, frozen=True, tag="broker_ready"):
    """Listening."""


class Peers(Message, frozen=True, tag="peers_are"):
    """Whom the voice port lets in from now on; token hashes, no tokens."""

    peers: Annotated[tuple[Peer, ...], msgspec.Meta(max_length=MOST_PEERS)]


class ShowCode(Message, frozen=True, tag="show_code"):
    """Show the owner the code of the window that the first start opens."""

    code: Name
    seconds: Count


class VoiceStarted(Message, frozen=True, tag="voice_started"):
    """A voice process is about to serve, protected like this. Answered with `written`: before that it does not."""

    id: Count
    protection: Protection
    is_new: bool = True
    """False where only the broker is new: then there is nothing to write down."""


class Written(Message, frozen=True, tag="written"):
    """The row is in the audit log; or it is not, and `error` says why."""

    id: Count
    error: Text = ""


class KeepSettings(Message, frozen=True, tag="keep_settings"):
    """Remember this choice over restarts. From voice, passed on to the broker; answered with `settings_kept`."""

    id: Count
    change: SettingsChange


class SettingsKept(Message, frozen=True, tag="settings_kept"):
    """They are; or they are not, and `error` says why."""

    id: Count
    error: Text = ""


class VoiceBegin(Message, frozen=True, tag="voice_begin"):
    """Who you are; the first message."""

    config: dict[str, object]
    """`gateway.config.Config`, as JSON has it."""
    broker_fingerprint: Name
    """Hex."""
    version: Name
    user: Count | None
    """The user, and the group, to become; None to stay who it is."""
    targets: dict[str, object]
    """`gateway.sandbox.targets.Targets`, as JSON has it: what the self-test tries to reach."""


class Protected(Message, frozen=True, tag="protected"):
    """Confined, models loaded, self-test done; what follows is `serve`, or the end."""

    protection: Protection


class Serve(Message, frozen=True, tag="serve"):
    """Let them in."""


class Serving(Message, frozen=True, tag="serving"):
    """They are let in."""


class Failed(Message, frozen=True, tag="failed"):
    """It cannot be done, and why; the process ends."""

    code: Name
    """`VoiceError.code`."""
    message: Text


class Ping(Message, frozen=True, tag="ping"):
    """Are you there? From the launcher; anything that is said soon is an answer."""


class Pong(Message, frozen=True, tag="pong"):
    """Yes."""


class Stop(Message, frozen=True, tag="stop"):
    """Say goodbye to everybody, and end."""


type ToBroker = BrokerBegin | VoiceStarted | KeepSettings | Ping | Stop
type FromBroker = BrokerReady | Peers | ShowCode | Written | SettingsKept | Pong | Failed
type ToVoice = VoiceBegin | Peers | Serve | SettingsKept | Ping | Stop
type FromVoice = Protected | Serving | KeepSettings | Pong | Failed

LARGEST_BYTES: Final = 512 * 1024
"""All peers there may be, with the longest names in any script."""
