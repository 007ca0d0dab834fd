"""What the simulated house can play: made-up titles, so that it has something that belongs to nobody."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """Something to play."""

    title: str
    artist: str
    media_class: str
    """One of the sentence templates' classes: track, album, artist, playlist, podcast, movie, tv_show."""


CATALOGUE: Final = tuple(
    Title(title=title, artist=artist, media_class=media_class)
    for media_class, artist, title in (
        ("track", "The Paper Lanterns", "Slow Train Home"),
        ("track", "The Paper Lanterns", "Rain on the Roof"),
        ("track", "Ada Winter", "Northern Light"),
        ("track", "Ada Winter", "Two Cups of Tea"),
        ("track", "Riverside Trio", "Blue Afternoon"),
        ("track", "Riverside Trio", "Sunday Morning"),
        ("album", "The Paper Lanterns", "Harbour Songs"),
        ("album", "Riverside Trio", "Live at the Boathouse"),
        ("artist", "The Paper Lanterns", "The Paper Lanterns"),
        ("artist", "Ada Winter", "Ada Winter"),
        ("artist", "Riverside Trio", "Riverside Trio"),
        ("playlist", "", "Morning Mix"),
        ("playlist", "", "Dinner Jazz"),
        ("podcast", "", "The Quiet House"),
        ("movie", "", "The Last Lighthouse"),
        ("tv_show", "", "Garden Lane"),
    )
)
