"""Sentences of Home Assistant's own, triggers of automations and custom sentences, which come before the gateway's.

A reading that was matched is being done: from then on it is never given to the gateway as well, however long it takes.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from homeassistant.components import conversation
from homeassistant.const import ATTR_DOMAIN, ATTR_SERVICE, EVENT_CALL_SERVICE
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import intent
from homeassistant.util.event_type import EventType

from ..compat import chat_session, watch_intents
from ..wire.house_messages import SentenceAsked, SentenceDone
from .sentence_files import SentenceFiles, read_sentence_files
from .sentence_parts import Collecting

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from hassil.recognize import RecognizeResult

    from ..wire.sentence_messages import SentencesPart
    from .origin import Origin

DEADLINE_S: Final = 1.0
"""Where the gateway names none: nobody waits longer for a sentence that may be nobody's."""
ANSWER_AHEAD_S: Final = 0.1
"""The answer leaves this much before its deadline, so that it arrives in time."""
_TEXT_CHARS: Final = 4_096
"""The wire's limit for what is said."""
_IS_CUSTOM: Final = "hass_custom_sentence"
"""What the default agent marks a sentence of the household's own with."""
_CALLED: Final = EventType[dict[str, object]](EVENT_CALL_SERVICE)

_LOG = logging.getLogger(__name__)


async def async_own_sentence(
    hass: HomeAssistant,
    user_input: conversation.ConversationInput,
    chat_log: conversation.ChatLog,
    *,
    triggers: bool,
    custom: bool = True,
    on_match: Callable[[], None] | None = None,
    may_do: Callable[[RecognizeResult], bool] = lambda _: True,
) -> intent.IntentResponse | None:
    """Do what a sentence of Home Assistant's own asks for; None where this is none.

    `triggers` and `custom` say which are asked; a pipeline has asked the triggers already. `on_match` is called as soon
    as it is one, before anything is done. A custom sentence that `may_do` does not let pass is none.
    """

    def matched() -> None:
        if on_match is not None:
            on_match()

    def is_built_in(result: RecognizeResult) -> bool:
        if not (result.intent_metadata or {}).get(_IS_CUSTOM) or not may_do(result):
            return True
        matched()
        return False

    if triggers:
        # Recognition does not wait for anything: a task that is not over at once is doing what was recognised.
        handling = hass.async_create_task(
            conversation.async_handle_sentence_triggers(hass, user_input, chat_log), "sentence trigger"
        )
        if not handling.done():
            matched()
        speech = await handling
        if speech is not None:
            response = intent.IntentResponse(language=user_input.language)
            response.async_set_speech(speech)
            return response
    if custom:
        return await conversation.async_handle_intents(hass, user_input, chat_log, intent_filter=is_built_in)
    return None


class OwnSentences:
    """Which sentences of Home Assistant's own there are, in one language; tells when that is different."""

    def __init__(self, hass: HomeAssistant, language: str, on_change: Callable[[], None]) -> None:
        """Know nothing before `start`."""
        self._hass = hass
        self._language = language
        self._on_change = on_change
        self._stop: list[CALLBACK_TYPE] = []
        self.has_triggers = False
        self._has_configured = False
        self._files = SentenceFiles()
        self._triggers: Mapping[str, Any] = {}
        self._configured: Mapping[str, Any] = {}
        self._parts: tuple[SentencesPart, ...] | None = None
        self._unusable: tuple[str, ...] = ()

    @property
    def has_custom(self) -> bool:
        """Whether there are sentences in the configuration or in files."""
        return self._has_configured or bool(self._files.files or self._files.unusable)

    async def parts(self) -> tuple[SentencesPart, ...]:
        """Return all of them, as the gateway is told; what is malformed among a thousand takes a while to find."""
        while self._parts is None:
            sources = self._files, self._configured, self._triggers
            parts, unusable = await self._hass.async_add_executor_job(_collected, *sources)
            if sources == (self._files, self._configured, self._triggers):  # or they are others meanwhile
                self._parts, self._unusable = parts, unusable
        return self._parts

    @property
    def unusable(self) -> tuple[str, ...]:
        """The names of files in which something cannot be used; known once `parts` are."""
        return self._unusable

    @property
    def exist(self) -> bool:
        """Whether there are any."""
        return self.has_triggers or self.has_custom

    async def start(self) -> None:
        """Look, and keep looking."""
        if (stop := watch_intents(self._hass, self._intents_changed)) is not None:
            self._stop.append(stop)
        else:  # it cannot be known: asking in vain costs a moment, not asking breaks automations
            self.has_triggers = self._has_configured = True
        self._stop.append(self._hass.bus.async_listen(_CALLED, self._reloaded, event_filter=_is_reload))
        await self._look()

    @callback
    def stop(self) -> None:
        """Look no more."""
        while self._stop:
            self._stop.pop()()

    @callback
    def _intents_changed(self, sources: Mapping[str, Mapping[str, Any]]) -> None:
        if "trigger" in sources:
            self._triggers = dict(sources["trigger"].get("intents", {}))
            self.has_triggers = bool(self._triggers)
        if "config" in sources:
            self._configured = dict(sources["config"].get("intents", {}))
            self._has_configured = bool(self._configured)
        self._parts = None
        self._on_change()

    async def _reloaded(self, _event: Event[dict[str, object]]) -> None:
        await self._look()
        self._on_change()

    async def _look(self) -> None:
        folder = Path(self._hass.config.path())
        self._files = await self._hass.async_add_executor_job(read_sentence_files, folder, self._language)
        self._parts = None


def _collected(
    files: SentenceFiles, configured: Mapping[str, Any], triggers: Mapping[str, Any]
) -> tuple[tuple[SentencesPart, ...], tuple[str, ...]]:
    """Return the parts to tell, and the names of files in which something cannot be used."""
    collecting = Collecting()
    for file in files.files:
        collecting.add_file(file)
    collecting.add_configured(configured)
    collecting.add_triggers(triggers)
    parts = collecting.parts()
    return parts, (*files.unusable, *filter(None, collecting.unusable))


@dataclass
class _Matched:
    """Which reading is being done."""

    text: str = field(default="", repr=False)


async def answer(
    hass: HomeAssistant,
    asked: SentenceAsked,
    origin: Origin,
    known: OwnSentences,
    may_do: Callable[[RecognizeResult], bool] = lambda _: True,
) -> SentenceDone:
    """Do what the likeliest reading that is a sentence of Home Assistant's own asks for, and say which it was.

    `may_do` tells of custom sentences whether they may be done.
    """
    if not known.exist:
        return SentenceDone(id=asked.id)
    matched = _Matched()
    trying = hass.async_create_task(_first(hass, asked, origin, known, matched, may_do), "own sentence")
    deadline_s = asked.deadline_ms / 1000 or DEADLINE_S
    await asyncio.wait({trying}, timeout=max(deadline_s - ANSWER_AHEAD_S, 0))
    if not trying.done():
        if not matched.text:
            trying.cancel()
        return SentenceDone(id=asked.id, text=matched.text)
    return trying.result()


async def _first(
    hass: HomeAssistant,
    asked: SentenceAsked,
    origin: Origin,
    known: OwnSentences,
    matched: _Matched,
    may_do: Callable[[RecognizeResult], bool],
) -> SentenceDone:
    for text in asked.texts:

        def take(reading: str = text) -> None:
            matched.text = reading

        try:
            response = await _handled(hass, text, origin, known, take, may_do)
        except HomeAssistantError as error:  # its message may hold what was said
            _LOG.warning("A sentence of Home Assistant's own failed: %s", type(error).__name__)
            response = None
        if response is not None or matched.text:
            return SentenceDone(id=asked.id, text=text, speech=_speech(response))
    return SentenceDone(id=asked.id)


async def _handled(
    hass: HomeAssistant,
    text: str,
    origin: Origin,
    known: OwnSentences,
    take: Callable[[], None],
    may_do: Callable[[RecognizeResult], bool],
) -> intent.IntentResponse | None:
    with chat_session(hass, None, origin.context) as session:
        user_input = conversation.ConversationInput(
            text=text,
            context=origin.context,
            conversation_id=session.conversation_id,
            device_id=origin.device_id,
            satellite_id=origin.satellite_id,
            language=origin.language,
            agent_id=origin.agent_id or conversation.HOME_ASSISTANT_AGENT,
        )
        with conversation.async_get_chat_log(hass, session, user_input) as chat_log:
            response = await async_own_sentence(
                hass,
                user_input,
                chat_log,
                triggers=known.has_triggers,
                custom=known.has_custom,
                on_match=take,
                may_do=may_do,
            )
            if response is not None:
                chat_log.async_add_assistant_content_without_tools(
                    conversation.AssistantContent(agent_id=user_input.agent_id, content=_speech(response))
                )
            return response


def _speech(response: intent.IntentResponse | None) -> str:
    if response is None:
        return ""
    return str(response.speech.get("plain", {}).get("speech") or "")[:_TEXT_CHARS]


@callback
def _is_reload(data: Mapping[str, object]) -> bool:
    return data.get(ATTR_DOMAIN) == conversation.DOMAIN and data.get(ATTR_SERVICE) == "reload"
