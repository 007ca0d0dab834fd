"""The words between launcher, broker and voice process: JSON lines on socket pairs that only they have.

    launcher ── BrokerBegin, VoiceStarted, KeepSettings, Propose, Withdraw, `OfAudit`, Stop ──► broker
    broker ──── BrokerReady, Peers, ShowCode, Written, SettingsKept, `OfCloud`, ActRecorded, Failed ──► launcher
    launcher ── VoiceBegin, Peers, Serve, SettingsKept, `OfCloud`, `OfLedger`, Stop ──► voice
    voice ───── Protected, Serving, KeepSettings, Propose, Withdraw, KeepTurn, AskLedger, VoiceSays, Failed ──► launcher

What concerns the ledger is in `ledger_words`. All are asked for a sign of life from time to time (Ping, Pong). What
they have to say to each other goes through the launcher, so that each can be started anew alone.
"""

from typing import Annotated, Final

import msgspec

from gateway.offer import SettingsChange
from gateway.processes.ledger_words import (
    ActRecorded,
    AskLedger,
    ForLedger,
    KeepTurn,
    LedgerBegin,
    LedgerReady,
    OfAudit,
    OfLedger,
    VoiceSays,
)
from gateway.protection import Protection
from gateway.wire.broker_words import MOST_PEERS
from gateway.wire.consent_words import LONGEST_ANSWER_CHARS
from gateway.wire.messages import Count, Message, Name, Text
from gateway.wire.peers import Peer

LONGEST_PROPOSED_CHARS: Final = 1_000
"""A minute of fast speech."""
MOST_SOUND_BYTES: Final = 20 * 32_000
"""Twenty seconds; an utterance lasts fifteen, unless the owner says otherwise."""
MOST_NAMES: Final = 64
"""That may be in one sentence."""


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


class NamedThing(msgspec.Struct, frozen=True, kw_only=True):
    """A name that is known at home, and is to stay there."""

    name: Name
    kind: Name
    """`person`, `device`, `area` or `home`."""


class CloudIs(Message, frozen=True, tag="cloud_is"):
    """What could be proposed. From the broker, at the start and whenever it is different."""

    is_allowed: bool
    """The switch "Allow cloud requests"."""
    contents: Annotated[tuple[Name, ...], msgspec.Meta(max_length=2)] = ()
    """What there are destinations for: `text`, `audio`."""


class Propose(Message, frozen=True, tag="propose"):
    """Ask a person whether this may be sent. From voice; answered with `proposed`. It decides nothing by itself."""

    id: Count
    satellite_id: Name
    """Where it was said; empty for what a home was told itself."""
    content: Name
    """`text` or `audio`."""
    text: Annotated[str, msgspec.Meta(max_length=LONGEST_PROPOSED_CHARS)] = ""
    """What was said, or typed; empty with `audio`."""
    sound: Annotated[bytes, msgspec.Meta(max_length=MOST_SOUND_BYTES)] = b""
    """16 kHz mono s16le; empty with `text`."""
    language: Name = ""
    names: Annotated[tuple[NamedThing, ...], msgspec.Meta(max_length=MOST_NAMES)] = ()
    """Those in the text that are known here; the broker leaves them out."""


class Proposed(Message, frozen=True, tag="proposed"):
    """A person is asked; or nobody is, and `error` says why.

    `switched_off`, `no_destination`, `already_waiting` (one for this satellite does), `too_many` (five a minute),
    `refused_lately` (the same bytes, within ten minutes), `malformed`, `away`.
    """

    id: Count
    request_id: Name = ""
    error: Name = ""


class Withdraw(Message, frozen=True, tag="withdraw"):
    """Somebody there said "never mind": nothing that was asked for there is sent. Answered with `withdrawn`."""

    id: Count
    satellite_id: Name


class Withdrawn(Message, frozen=True, tag="withdrawn"):
    """Nothing of it leaves any more; so many requests had been waiting, or being sent."""

    id: Count
    requests: Count = 0


class Decided(Message, frozen=True, tag="decided"):
    """What became of a request: from the broker, once for each that was proposed."""

    request_id: Name
    satellite_id: Name
    content: Name
    fate: Name
    """`answered`, `failed`, `refused`, `expired`, `withdrawn` or `revoked`."""
    text: Annotated[str, msgspec.Meta(max_length=LONGEST_ANSWER_CHARS)] = ""
    """What came back, with the names put back; for `audio`, what was heard there."""


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


type ToBroker = BrokerBegin | VoiceStarted | KeepSettings | Propose | Withdraw | OfAudit | Ping | Stop
type OfCloud = CloudIs | Proposed | Withdrawn | Decided
"""What the broker has to say to voice of requests to the cloud."""
type FromBroker = BrokerReady | Peers | ShowCode | Written | SettingsKept | OfCloud | ActRecorded | Pong | Failed
type ToVoice = VoiceBegin | Peers | Serve | SettingsKept | OfCloud | OfLedger | Ping | Stop
type AskedOfLedger = KeepTurn | AskLedger | VoiceSays
"""What voice has to say to the ledger."""
type FromVoice = Protected | Serving | KeepSettings | Propose | Withdraw | AskedOfLedger | Pong | Failed
type ToLedger = LedgerBegin | ForLedger | Ping | Stop
type FromLedger = LedgerReady | OfLedger | OfAudit | Pong | Failed

LARGEST_BYTES: Final = 1024 * 1024
"""The longest utterance in base 64; all peers there may be, with the longest names in any script, take half of it."""
