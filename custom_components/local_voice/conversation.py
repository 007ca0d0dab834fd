"""Understanding by the gateway, for pipelines and for what is typed: Home Assistant's own sentences come first."""

from typing import TYPE_CHECKING, Final, override

from homeassistant.components.assist_satellite import DOMAIN as ASSIST_SATELLITE
from homeassistant.components.conversation import (
    AssistantContent,
    ChatLog,
    ConversationEntity,
    ConversationEntityFeature,
    ConversationInput,
    ConversationResult,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import chat_session
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.intent import IntentResponse, IntentResponseErrorCode, IntentResponseType
from homeassistant.helpers.translation import async_get_translations

from .const import CONF_CUSTOM_SENTENCES, DOMAIN
from .entity import LocalVoiceEntity
from .errors import GatewayError, RefusedError
from .gateway import Said
from .house.guarding import may_be_done_unasked
from .house.guards import Guards
from .house.origin import Origin
from .house.sentences import OwnSentences, async_own_sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from hassil.recognize import RecognizeResult

    from .gateway import LocalVoiceConfigEntry
    from .wire.messages import Conversed

PARALLEL_UPDATES = 0

_NOTHING_THERE: Final = ("no_", "duplicate_", "entity_", "feature_")
"""How the keys of those error answers begin that say that there is no such thing, or not one only."""

_ANSWERS: Final = frozenset({"answer", "consent_asked"})
"""How a turn ends in which nothing was done: that people were asked whether something may be sent is an answer, too."""


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - Home Assistant's signature
    entry: LocalVoiceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the agent."""
    async_add_entities([LocalVoiceAgent(entry)])


class LocalVoiceAgent(LocalVoiceEntity, ConversationEntity):
    """Understands what is said to Home Assistant. What is to be done, the gateway asks of it in turn (`home.py`)."""

    _attr_supported_features = ConversationEntityFeature.CONTROL

    def __init__(self, entry: LocalVoiceConfigEntry) -> None:
        """Look for sentences of Home Assistant's own once it is added."""
        super().__init__(entry.runtime_data, "conversation")
        self._entry = entry
        self._asks_own_sentences = entry.options.get(CONF_CUSTOM_SENTENCES, True)
        self._own: OwnSentences | None = None
        self._questions: set[str] = set()
        """The conversations in which an answer is waited for: it is no sentence of anybody else's."""

    @property
    @override
    def supported_languages(self) -> list[str]:
        """Those that the gateway was set up for, one or two."""
        return offered.languages if (offered := self.gateway.offered) else []

    @override
    async def async_added_to_hass(self) -> None:
        """Keep looking for sentences of Home Assistant's own."""
        await super().async_added_to_hass()
        if self._asks_own_sentences and (offered := self.gateway.offered):
            self._own = OwnSentences(self.hass, offered.language, on_change=lambda: None)
            self.async_on_remove(self._own.stop)
            await self._own.start()

    @override
    async def _async_handle_message(self, user_input: ConversationInput, chat_log: ChatLog) -> ConversationResult:
        """Do what is asked for, or say why not."""
        conversation_id = chat_log.conversation_id
        is_answer = conversation_id in self._questions
        self._questions.discard(conversation_id)
        response = None if is_answer else await self._own_sentence(user_input, chat_log)
        is_question = False
        if response is None:
            response, is_question = await self._gateways_answer(user_input, conversation_id, is_answer=is_answer)
        if is_question:
            self._wait_for_answer(conversation_id)
        content = AssistantContent(agent_id=user_input.agent_id, content=_speech(response))
        chat_log.async_add_assistant_content_without_tools(content)
        return ConversationResult(response, conversation_id, continue_conversation=is_question)

    async def _own_sentence(self, user_input: ConversationInput, chat_log: ChatLog) -> IntentResponse | None:
        """Do what a sentence of Home Assistant's own asks for; None where this is none."""
        if self._own is None or not self._own.exist:
            return None
        # Only a pipeline listens to the log, and it has asked the triggers before it asked us.
        is_in_pipeline = chat_log.delta_listener is not None
        return await async_own_sentence(
            self.hass,
            user_input,
            chat_log,
            triggers=self._own.has_triggers and not is_in_pipeline,
            custom=self._own.has_custom,
            may_do=self._may_do(user_input),
        )

    def _may_do(self, user_input: ConversationInput) -> Callable[[RecognizeResult], bool]:
        """Return what tells whether a custom sentence may be done, by what the household decided about its things."""
        decided = Guards(self.hass, self._entry, user_input.language, usual=None)
        area_id = _area_of(self.hass, user_input)
        origin = Origin(context=user_input.context, language=user_input.language, area_id=area_id, stands_in=area_id)
        return lambda result: may_be_done_unasked(self.hass, decided, result, origin)

    async def _gateways_answer(
        self, user_input: ConversationInput, conversation_id: str, *, is_answer: bool
    ) -> tuple[IntentResponse, bool]:
        """Return what the gateway says, and whether that is a question."""
        said = Said(
            text=user_input.text,
            language=user_input.language,
            conversation_id=conversation_id,
            context=user_input.context,
            area_id=_area_of(self.hass, user_input),
            device_id=user_input.device_id,
            satellite_id=user_input.satellite_id or _satellite_of(self.hass, user_input.device_id),
            is_answer=is_answer,
        )
        try:
            conversed = await self.gateway.converse(said)
            if conversed.error and not conversed.speech:
                raise RefusedError(conversed.error)
        except GatewayError as error:
            self.note_failure(error)
            response = IntentResponse(user_input.language)
            code = IntentResponseErrorCode.FAILED_TO_HANDLE
            response.async_set_error(code, await _in_words(self.hass, error, user_input.language))
            return response, False
        self.note_success()
        response = response_to(conversed, user_input.language)
        response.async_set_states(said.states)
        return response, conversed.is_question

    @callback
    def _wait_for_answer(self, conversation_id: str) -> None:
        """Know the next words of this conversation for an answer, while Home Assistant knows the conversation."""
        self._questions.add(conversation_id)
        if session := chat_session.current_session.get():
            session.async_on_cleanup(lambda: self._questions.discard(conversation_id))


def response_to(conversed: Conversed, language: str) -> IntentResponse:
    """Return the gateway's answer in Home Assistant's terms."""
    response = IntentResponse(language)
    if conversed.outcome == "not_understood" or conversed.error == "no_intent":
        response.async_set_error(IntentResponseErrorCode.NO_INTENT_MATCH, conversed.speech)
    elif conversed.error.startswith(_NOTHING_THERE):
        response.async_set_error(IntentResponseErrorCode.NO_VALID_TARGETS, conversed.speech)
    elif conversed.error or conversed.outcome == "error":
        response.async_set_error(IntentResponseErrorCode.FAILED_TO_HANDLE, conversed.speech)
    else:
        if conversed.outcome in _ANSWERS:
            response.response_type = IntentResponseType.QUERY_ANSWER
        response.async_set_speech(conversed.speech)
    return response


def _speech(response: IntentResponse) -> str:
    return str(response.speech.get("plain", {}).get("speech") or "")


@callback
def _satellite_of(hass: HomeAssistant, device_id: str | None) -> str | None:
    """Return the satellite that a device is: a timer that is set there rings there."""
    entities = er.async_entries_for_device(er.async_get(hass), device_id) if device_id else []
    return next((entity.entity_id for entity in entities if entity.domain == ASSIST_SATELLITE), None)


@callback
def _area_of(hass: HomeAssistant, user_input: ConversationInput) -> str | None:
    """Return the room where it was said."""
    device_id = user_input.device_id
    if user_input.satellite_id and (satellite := er.async_get(hass).async_get(user_input.satellite_id)):
        if satellite.area_id:
            return satellite.area_id
        device_id = satellite.device_id
    device = dr.async_get(hass).async_get(device_id) if device_id else None
    return dr.async_get_effective_area_id(hass, device) if device else None


async def _in_words(hass: HomeAssistant, error: GatewayError, language: str) -> str:
    """Return what went wrong, in the language in which it was said."""
    translations = await async_get_translations(hass, language, "exceptions", [DOMAIN])
    template = translations.get(f"component.{DOMAIN}.exceptions.{error.translation_key}.message")
    return template.format(**(error.translation_placeholders or {})) if template else str(error)
