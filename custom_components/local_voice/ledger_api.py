"""The WebSocket commands of the page on which people see what is remembered, hear it, and have it forgotten.

Who may do what is looked at with each command, by account (`ledger_access`). What is remembered goes from the gateway
to who asked for it, and nowhere else.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

import probatio
from homeassistant.components import websocket_api
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from . import ledger_teaching
from .ledger_access import Act, Scope, scope_of
from .ledger_http import SIGNED, ClipView, signed_path
from .listeners import Listeners
from .page_commands import (
    COUNT,
    HEX32,
    MOMENT,
    NAME,
    Asked,
    Schema,
    Told,
    command,
    is_turned_away,
    shown,
    tell_of_entries,
    teller,
)
from .wire.ledger_messages import (
    LONGEST_SEARCH_CHARS,
    MOST_DAYS,
    MOST_TURNS,
    AskStats,
    AskTurns,
    Kept,
    SelectionWords,
    Stats,
    Turns,
)
from .wire.messages import TurnBegan, TurnHappened

if TYPE_CHECKING:
    from .gateway import LocalVoiceConfigEntry

SELECTION: Final[Schema] = {
    probatio.Optional("turn_ids"): probatio.All([HEX32], probatio.Length(max=MOST_TURNS)),
    probatio.Optional("satellite_id"): NAME,
    probatio.Optional("area_id"): NAME,
    probatio.Optional("outcome"): NAME,
    probatio.Optional("kind"): NAME,
    probatio.Optional("since"): MOMENT,
    probatio.Optional("until"): MOMENT,
    probatio.Optional("last_s"): COUNT,
    probatio.Optional("corrected"): bool,
}
"""As on the wire."""


@dataclass(frozen=True, slots=True)
class News:
    """Those who look at the page."""

    standing: Listeners[()] = field(default_factory=Listeners[()])
    """Told when something is different about a gateway."""
    turns: Listeners[LocalVoiceConfigEntry, str, str] = field(default_factory=Listeners)
    """Told that a gateway has other turns than before; why: `turn` or `forgotten`; and from whose login a turn came."""


NEWS: Final[HassKey[News]] = HassKey("local_voice_ledger_news")


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register the commands, and where sound is fetched; once."""
    news = hass.data[NEWS] = News()
    for one in (subscribe, turns, play, stats, forget, keep, *ledger_teaching.COMMANDS):
        websocket_api.async_register_command(hass, one)
    hass.http.register_view(ClipView)

    tell_of_entries(hass, news.standing.tell)


@callback
def async_watch(hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> None:
    """Tell those who look at the page what happens at a gateway, until its entry is unloaded."""
    gateway, news = entry.runtime_data, hass.data[NEWS]

    @callback
    def forgotten(_is_everything: bool) -> None:
        news.turns.tell(entry, "forgotten", "")

    @callback
    def turn(happened: TurnBegan | TurnHappened) -> None:
        if isinstance(happened, TurnHappened):
            conversed("")

    @callback
    def conversed(user_id: str) -> None:
        news.turns.tell(entry, "turn", user_id)

    entry.async_on_unload(gateway.on_change(news.standing.tell))  # satellites have names
    entry.async_on_unload(gateway.ledger.on_change(news.standing.tell))
    entry.async_on_unload(gateway.ledger.on_forgotten(forgotten))
    entry.async_on_unload(gateway.on_turn(turn))
    entry.async_on_unload(gateway.on_conversed(conversed))


@websocket_api.websocket_command({probatio.Required("type"): "local_voice/ledger/subscribe"})
@callback
def subscribe(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """Tell how long each gateway keeps what, and whose turns there are to see; then whenever anything is different.

    How long things are kept concerns everybody who lives there. Who may see no turn is told of none; who may see their
    own is told of those, and that some were forgotten, as what is shown then has to go; not that anybody else spoke.
    """
    if is_turned_away(connection, msg):
        return
    user = connection.user
    tell = teller(hass, connection, msg, lambda entry: _standing(entry, scope_of(user, entry.options)))

    @callback
    def tell_turns(entry: LocalVoiceConfigEntry, why: str, user_id: str) -> None:
        scope = scope_of(user, entry.options)
        is_theirs = scope is Scope.OWN and (why == "forgotten" or user_id == user.id)
        if scope is Scope.ALL or is_theirs:
            connection.send_event(msg["id"], {"changed": {"entry_id": entry.entry_id, "why": why}})

    ends: tuple[Callable[[], None], ...] = (hass.data[NEWS].standing.add(tell), hass.data[NEWS].turns.add(tell_turns))

    @callback
    def unsubscribe() -> None:
        for end in ends:
            end()

    connection.subscriptions[msg["id"]] = unsubscribe
    connection.send_result(msg["id"])
    tell()


def _standing(entry: LocalVoiceConfigEntry, scope: Scope) -> Told:
    """Return how it stands with a gateway, as the page wants it."""
    gateway = entry.runtime_data if entry.state is ConfigEntryState.LOADED else None
    kept = None if gateway is None else gateway.ledger.kept
    satellites = {} if gateway is None or scope is Scope.NOTHING else gateway.satellites
    return {
        "entry_id": entry.entry_id,
        "name": entry.title,
        "scope": scope,
        "connected": gateway is not None and gateway.is_connected,
        "kept": None if kept is None else _without_deletions(kept),
        "satellites": {satellite_id: words.name for satellite_id, words in satellites.items()},
    }


def _without_deletions(kept: Kept) -> dict[str, Any]:
    """Return how long things are kept; who may see no turn does not see either that somebody has one forgotten."""
    return {name: value for name, value in asdict(kept).items() if name != "deletions"}


# Looking


@command(
    "ledger/turns",
    {
        probatio.Optional("selection", default=dict): SELECTION,
        probatio.Optional(probatio.Secret("words"), default=""): probatio.All(
            str, probatio.Length(max=LONGEST_SEARCH_CHARS)
        ),
        probatio.Optional("before", default=None): probatio.Any(None, COUNT),
        probatio.Optional("limit", default=32): probatio.All(int, probatio.Range(min=1, max=MOST_TURNS)),
    },
)
async def turns(asked: Asked) -> Told:
    """Show a page of turns."""
    asker, ledger = asked.may(Act.LOOK)
    about = {name: asked.words[name] for name in ("words", "before", "limit")}
    chosen = _selection(asked)
    return shown(
        await ledger.ask(lambda id_: AskTurns(id=id_, selection=chosen, **about, of_user=asker.of_user), Turns)
    )


@command("ledger/play", {probatio.Required("turn_id"): HEX32})
async def play(asked: Asked) -> Told:
    """Say where a turn's sound can be fetched by the login that asks, for some seconds."""
    asked.may(Act.PLAY)
    path = signed_path(asked.hass, asked.entry, asked.words["turn_id"], asked.refresh_token_id)
    return {"path": path, "good_s": SIGNED.total_seconds()}


@command(
    "ledger/stats", {probatio.Optional("days", default=7): probatio.All(int, probatio.Range(min=1, max=MOST_DAYS))}
)
async def stats(asked: Asked) -> Told:
    """Show how well it does."""
    _, ledger = asked.may(Act.STATS)
    days, zone = asked.words["days"], asked.hass.config.time_zone
    return shown(await ledger.ask(lambda id_: AskStats(id=id_, days=days, zone=zone), Stats))


# Forgetting


@command(
    "ledger/forget",
    {
        probatio.Optional("selection", default=dict): SELECTION,
        probatio.Optional("everything", default=False): bool,
        probatio.Optional("keep_rules", default=False): bool,
    },
)
async def forget(asked: Asked) -> Told:
    """Have turns forgotten, with what was learned from them unless that is kept; everything by administrators only."""
    everything: bool = asked.words["everything"]
    asker, ledger = asked.may(Act.FORGET_EVERYTHING if everything else Act.FORGET)
    return shown(
        await ledger.forget(
            _selection(asked),
            everything=everything,
            keep_rules=asked.words["keep_rules"],
            of_user=asker.of_user,
            user_id=asker.user_id,
        )
    )


@command(
    "ledger/keep",
    {
        probatio.Required("transcripts_s"): probatio.Any(None, COUNT),
        probatio.Required("audio_s"): probatio.Any(None, COUNT),
    },
)
async def keep(asked: Asked) -> Told:
    """Have things kept for so long from now on; null: not at all."""
    asker, ledger = asked.may(Act.KEEP)
    transcripts_s, audio_s = asked.words["transcripts_s"], asked.words["audio_s"]
    await ledger.keep(transcripts_s=transcripts_s, audio_s=audio_s, user_id=asker.user_id)
    return {}


def _selection(asked: Asked) -> SelectionWords:
    chosen: dict[str, Any] = asked.words["selection"]
    turn_ids = chosen.get("turn_ids")
    return SelectionWords(**{**chosen, "turn_ids": None if turn_ids is None else tuple(turn_ids)})
