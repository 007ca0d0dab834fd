"""Names that several modules of the integration share."""

from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "local_voice"

CONF_GATEWAY_ID: Final = "gateway_id"
CONF_PEER_ID: Final = "peer_id"
CONF_VOICE_TOKEN: Final = "voice_token"  # noqa: S105 - a key's name
CONF_BROKER_TOKEN: Final = "broker_token"  # noqa: S105 - a key's name
CONF_VOICE_PIN: Final = "voice_pin"
"""The SHA-256 of the voice port's certificate, hex; the broker's likewise."""
CONF_BROKER_PIN: Final = "broker_pin"
CONF_CUSTOM_SENTENCES: Final = "custom_sentences"
"""Option: whether Home Assistant's own sentences are asked first."""
CONF_PIPELINE: Final = "pipeline"
"""Option: whether an assistant named Local Voice is kept."""

CONF_APPROVERS: Final = "approvers"
"""Option: who may let a request leave the home, `administrators` or `everyone`."""
CONF_NOTIFY_DEVICES: Final = "notify_devices"
"""Option: the notify actions of the phones that are told that a request waits."""
CONF_MEMBERS_SEE_OWN_TURNS: Final = "members_see_own_turns"
"""Option: whether members of the household see the turns that came from their own login; administrators see all."""

CONF_PIN_HASH: Final = "pin_hash"
"""Option: what a spoken PIN is compared with (`house/pin.py`)."""

SUBENTRY_PROTECTED: Final = "protected"
"""The subentries that say what of the house needs a yes or a PIN, or is never changed by voice; what is in one:"""
CONF_ENTITIES: Final = "entities"
"""Registry ids, or entity ids of what is in no registry."""
CONF_KINDS: Final = "kinds"
CONF_LEVEL: Final = "level"
CONF_AREAS: Final = "areas"

CONF_PIPELINE_ID: Final = "pipeline_id"
"""The assistant that we made. One that its owner has deleted since is not made again."""
CONF_PREFERRED: Final = "preferred"
"""Whether that assistant is to become the preferred one when it is made."""
CONF_WAKE_WORD: Final = "wake_word"

DEFAULT_PORT: Final = 10870
"""Of voice; the broker is at the next."""
PLATFORMS: Final = (
    Platform.ASSIST_SATELLITE,
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CONVERSATION,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.STT,
    Platform.SWITCH,
    Platform.TTS,
    Platform.WAKE_WORD,
)
