"""Players: pause, resume, skip, volume, and playing what the catalogue has.

Pure: takes entities, returns entities. Follows `media_player/intent.py` of Home Assistant.
"""

from dataclasses import replace
from typing import Final

from gateway.home.effects import Effect, Situation, acting, changed, failed, number
from gateway.home.targets import Constraints, asked_for, find_targets
from gateway.home.titles import Title
from gateway.house import Entity

VOLUME_STEP: Final = 0.1
"""Home Assistant's own step for players that have none."""

_PLAYER = frozenset({"media_player"})
_PLAYING = frozenset({"playing"})


def pause(situation: Situation) -> Effect:
    """Pause what is playing."""
    return acting(situation, replace(_players(situation), states=_PLAYING), lambda entity: changed(entity, "paused"))


def resume(situation: Situation) -> Effect:
    """Go on playing: those that were last paused by voice, if they are among those meant."""
    wanted = _players(situation)
    targets = find_targets(situation.house, wanted)
    if targets.error is not None:
        return failed(targets)
    meant = targets.entities
    if wanted.name is None:
        paused = tuple(entity for entity in meant if entity.id in situation.last_paused)
        meant = paused or tuple(entity for entity in meant if entity.state != "off") or meant
    return Effect(matched=tuple(changed(entity, "playing") for entity in meant))


def skip(situation: Situation) -> Effect:
    """Go to the next title."""
    return _step(situation, 1)


def go_back(situation: Situation) -> Effect:
    """Go to the previous title."""
    return _step(situation, -1)


def set_volume(situation: Situation) -> Effect:
    """Set the volume to a percentage."""
    percent = number(situation.slots.get("volume_level"))
    return acting(situation, _players(situation), lambda entity: changed(entity, volume_level=round(percent / 100, 2)))


def change_volume(situation: Situation) -> Effect:
    """Make it louder or quieter, by a step or by percentage points; unnamed, only where something is playing."""
    wanted = _players(situation)
    targets = find_targets(situation.house, wanted)
    if targets.error is not None:
        return failed(targets)
    meant = targets.entities
    if len(meant) > 1 and wanted.name is None:
        meant = tuple(entity for entity in meant if entity.state == "playing")
        if not meant:
            return Effect(error="entity_wrong_state", error_slots={"state": "playing"})
    step = situation.slots.get("volume_step")
    by = {"up": VOLUME_STEP, "down": -VOLUME_STEP}.get(str(step), number(step) / 100)
    return Effect(matched=tuple(_louder(entity, by) for entity in meant))


def mute(situation: Situation) -> Effect:
    """Silence players."""
    return acting(situation, _players(situation), lambda entity: changed(entity, is_volume_muted=True))


def unmute(situation: Situation) -> Effect:
    """Let players be heard again."""
    return acting(situation, _players(situation), lambda entity: changed(entity, is_volume_muted=False))


def search_and_play(situation: Situation) -> Effect:
    """Play the first title that fits; the answer's template says when there is none."""
    targets = find_targets(situation.house, replace(_players(situation), is_single=True))
    if targets.error is not None:
        return failed(targets)
    media_class = situation.slots.get("media_class")
    fitting = [title for title in situation.catalogue if media_class in (None, title.media_class)]
    found = _search(str(situation.slots.get("search_query", "")), fitting)
    if found is None:
        return Effect(speech_slots={"media": None})
    player = changed(targets.entities[0], "playing", media_title=found.title, media_artist=found.artist or None)
    return Effect(matched=(player,), speech_slots={"media": found})


def _players(situation: Situation) -> Constraints:
    return replace(asked_for(situation.request), domains=_PLAYER)


def _louder(entity: Entity, by: float) -> Entity:
    level = number(entity.attributes.get("volume_level")) + by
    return changed(entity, volume_level=round(min(max(level, 0.0), 1.0), 2))


def _step(situation: Situation, by: int) -> Effect:
    tracks = [title for title in situation.catalogue if title.media_class == "track"]
    names = [track.title for track in tracks]

    def after(entity: Entity) -> Entity | None:
        if not tracks:
            return None
        current = entity.attributes.get("media_title")
        index = names.index(str(current)) + by if current in names else 0
        track = tracks[index % len(tracks)]
        return changed(entity, media_title=track.title, media_artist=track.artist)

    return acting(situation, replace(_players(situation), states=_PLAYING), after)


def _search(query: str, titles: list[Title]) -> Title | None:
    """Return the first title, else the first artist, with the query's words in it."""
    words = query.casefold().strip()
    by_title = [title for title in titles if words and words in title.title.casefold()]
    by_artist = [title for title in titles if words and words in title.artist.casefold()]
    return next(iter((*by_title, *by_artist)), None)
