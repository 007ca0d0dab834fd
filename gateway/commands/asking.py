"""How commands ask a running gateway about consent, over the owner's socket."""

from collections.abc import Mapping

from gateway.broker.owner_link import answer_of, owner_link
from gateway.errors import ConfigError
from gateway.paths import owned_gateway_dir
from gateway.wire.broker_words import ListPeers, Peers
from gateway.wire.consent_words import AskAnswer, AskConsent, CloudAnswer, ConsentDone, ConsentIs
from gateway.wire.messages import Message


async def consent_is() -> ConsentIs:
    """Return how it stands. Raises LinkError: NoGatewayError where none runs."""
    async with owner_link(owned_gateway_dir()) as gateway:
        return answer_of(ConsentIs, await gateway.ask(AskConsent()))


async def have_done(message: Message) -> None:
    """Have the gateway do something. Raises LinkError, and ConfigError where it does not."""
    async with owner_link(owned_gateway_dir()) as gateway:
        done = answer_of(ConsentDone, await gateway.ask(message))
    if done.error:
        raise ConfigError(done.message or done.error)


async def state_and_names() -> tuple[ConsentIs, Mapping[str, str]]:
    """Return how it stands, and what the satellites are called."""
    async with owner_link(owned_gateway_dir()) as gateway:
        state = answer_of(ConsentIs, await gateway.ask(AskConsent()))
        peers = answer_of(Peers, await gateway.ask(ListPeers())).peers
    return state, {peer.id: peer.name for peer in peers}


async def answer(request_id: str) -> CloudAnswer:
    """Return what came back for a request. Raises LinkError."""
    async with owner_link(owned_gateway_dir()) as gateway:
        return answer_of(CloudAnswer, await gateway.ask(AskAnswer(id=1, request_id=request_id)))
