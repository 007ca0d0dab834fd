"""What people say to us about what they say: forget it, ask the cloud, never mind. The house's sentences come after."""

from collections.abc import Awaitable, Callable

from gateway.errors import LedgerError
from gateway.events import ConsentAsked, Event, Hypothesis, Outcome
from gateway.turn import asking, cloud, forgetting, obey
from gateway.turn.choice import NO_WORDS, Choice
from gateway.turn.ear import Utterance
from gateway.turn.earlier import Earlier
from gateway.turn.progress import Progress
from gateway.turn.speaking import Speaking
from gateway.turn.stages import Stages


class AboutUs:
    """One turn's."""

    def __init__(
        self,
        stages: Stages,
        progress: Progress,
        speaking: Speaking,
        tell: Callable[[Event], Awaitable[None]],
        earlier: Earlier,
        says_yes_to: Callable[[str], Awaitable[bool]],
        *,
        satellite_id: str,
    ) -> None:
        """`says_yes_to` asks a question and tells whether a yes came."""
        self._stages = stages
        self._progress = progress
        self._speaking = speaking
        self._tell = tell
        self._earlier = earlier
        self._says_yes_to = says_yes_to
        self._satellite_id = satellite_id

    def use(self, stages: Stages) -> None:
        """Go on with these, in another language of the household's."""
        self._stages = stages

    async def sees_to(self, utterance: Utterance) -> bool:
        """See to what is about us; tell whether it was. Raises LedgerError where nobody knows what became of it."""
        return await self._is_about_memory(utterance.choice) or await self._is_about_the_cloud(utterance)

    @property
    def _language(self) -> str:
        return self._stages.understanding.language

    async def _is_about_memory(self, choice: Choice) -> bool:
        """Forget what was said where somebody says so, and send none of it; tell whether that was so."""
        language, there, memory = self._language, self._satellite_id, self._stages.memory
        wished = forgetting.wish(cloud.likely_texts(choice), language)
        if wished is None:
            return False
        progress, today = self._progress, forgetting.this_day()
        if wished is forgetting.Wish.TODAY:
            question = await forgetting.question(memory, there, language, today=today)
            if question and not await self._says_yes_to(question):
                progress.outcome = Outcome.NOT_CONFIRMED
                await self._speaking.say(forgetting.kept(language))
                return True
        self._earlier.forget()
        is_withdrawn = await asking.withdraw(self._stages.cloud, there)
        forgotten = await forgetting.forget(wished, memory, there, language, today=today, is_withdrawn=is_withdrawn)
        progress.mark("forget")
        progress.outcome = Outcome.FORGOTTEN
        await self._speaking.say(forgotten.speech)
        if not forgotten.is_known:
            raise LedgerError(forgetting.UNKNOWN)
        return True

    async def _is_about_the_cloud(self, utterance: Utterance) -> bool:
        """See to it where somebody names the cloud, or takes back what it was to be asked; tell whether that was so."""
        choice = utterance.choice
        texts = cloud.likely_texts(choice)
        wished = cloud.wish(texts, self._language)
        if wished is not None:
            return await self._ask_cloud(wished)
        is_never_mind = choice.intent is not None and choice.intent.name == obey.NEVER_MIND
        if not is_never_mind and not cloud.takes_back(texts, self._language):
            if choice.silence_reason != NO_WORDS:
                self._earlier.keep(utterance.pcm, self._stages.cloud)
            return False
        self._earlier.forget()
        if not await asking.withdraw(self._stages.cloud, self._satellite_id):
            return False
        self._progress.outcome = Outcome.NEVER_MIND
        await self._speaking.say(cloud.withdrawn(self._language))
        return True

    async def _ask_cloud(self, wished: cloud.Wish) -> bool:
        """Have a person asked whether the cloud may be, and say so, or why not; tell whether anything was said."""
        progress = self._progress
        asked = await asking.ask(
            wished,
            self._stages.cloud,
            self._stages.home.names_in,
            language=self._language,
            satellite_id=self._satellite_id,
            sound=self._earlier.pcm,
        )
        if asked is None:
            return False
        progress.mark("consent")
        progress.outcome = Outcome.NOT_UNDERSTOOD
        if asked.request_id:
            progress.outcome = Outcome.CONSENT_ASKED
            told = ConsentAsked(t_ms=progress.now_ms, request_id=asked.request_id, content=wished.content)
            await self._tell(told)
        await self._speaking.say(asked.speech)
        return True

    async def is_talk(self, choice: Choice) -> bool:
        """Tell whether what means nothing here was not said to us: neither a request nor a question."""
        if choice.intent is not None or choice.asked or choice.heard is None:
            return False
        if choice.is_talk:
            return True
        text = choice.heard.text
        return cloud.question(text, self._language) is None and not await self._stages.understanding.is_request(text)

    async def not_understood(self, heard: Hypothesis) -> None:
        """Ask whether the cloud may be asked what nobody here can answer, or say sorry."""
        wished = cloud.question(heard.text, self._language)
        if wished is None or not await self._ask_cloud(wished):
            self._progress.outcome = Outcome.NOT_UNDERSTOOD
            await self._speaking.say(await self._stages.understanding.sorry())
