"""Twelve thousand invented songs in twelve genres, with the mojibake, quotes and commas of real catalogues."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import orjson

from churn_assets.simulate.behaviour import Floats, Ints

GENRES = 12
SONGS_A_GENRE = 1_000
ARTISTS_A_GENRE = 130
SHORTEST_S, LONGEST_S, MEDIAN_S = 1.04444, 2594.87302, 235.0
_SEED = 1959

_ADJECTIVES_TEXT = """
Broken Crimson Silent Electric Velvet Golden Hollow Midnight Lonely Wild Paper Neon Frozen Restless Distant
Blue Burning Sweet Lost Young Little Heavy Sleepy Secret Black Silver Second Last Invisible Slow
"""
_NOUNS_TEXT = """
Rivers Tigers Hearts Machines Summer Kings Mirrors Ghosts Horses Cities Diamonds Wolves Highway Letters Garden
Radio Islands Shadow Thunder Sailors Circus Avenue Satellites Orchard Parade Winter Engines Sparrows Harbour
Lanterns Monday Cathedral Daughters Ashes Fever Morning Carousel Strangers Telephone Windows
"""
_PEOPLE_TEXT = """
Alma Cole Delia Marsh Ines Calder Otis Vance Rosa Lind Theo Ward Nina Hale Jonah Pike Vera Stone Sam Keller
Lola Fontaine Hugo Brandt Mary Quill Django Reyes Edith Moon Amos Grey
"""
_ACCENTED = (
    "Björn Ångström",
    "Sigrún Rós",
    "Café Perdú",
    "Motörwölf",
    "Zoë Brontë",
    "Los Niños del Río",
    "Françoise Légère",
    "Königsblau",
)
_ADJECTIVES, _NOUNS, _PEOPLE = (tuple(words.split()) for words in (_ADJECTIVES_TEXT, _NOUNS_TEXT, _PEOPLE_TEXT))
_ADDITIONS = ("(Album Version)", "(Live)", "(Remastered)", "(feat. {person})", "[Radio Edit]", "(Explicit)")


@dataclass(frozen=True)
class Catalogue:
    """Songs, genre after genre: length in seconds and the JSON fields (`,"artist":...`) that a play logs."""

    length_s: Floats
    fields: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.fields)


@cache
def catalogue() -> Catalogue:
    """Make the one catalogue of every world."""
    chance = np.random.default_rng(_SEED)
    artists = [_artist(chance) for _ in range(GENRES * ARTISTS_A_GENRE)]
    songs = GENRES * SONGS_A_GENRE
    by = _zipf(chance.random(songs), ARTISTS_A_GENRE, flatness=30.0) + ARTISTS_A_GENRE * (
        np.arange(songs) // SONGS_A_GENRE
    )
    length = np.clip(MEDIAN_S * np.exp(chance.standard_t(4, songs) * 0.28), SHORTEST_S, LONGEST_S).round(5)
    fields = tuple(
        f',"artist":{_json(artists[artist])},"song":{_json(_title(chance))},"length":{seconds}'
        for artist, seconds in zip(by.tolist(), length.tolist(), strict=True)
    )
    return Catalogue(length, fields)


def popular(chance: Floats) -> Ints:
    """Ranks within a genre of songs that everybody plays, from uniform `chance`: Zipf-Mandelbrot."""
    return _zipf(chance, SONGS_A_GENRE, flatness=10.0)


def favourite(chance: Floats, offset: Ints) -> Ints:
    """Ranks within a genre of a listener's own favourites, which start at `offset`."""
    return (_zipf(chance, SONGS_A_GENRE, flatness=6.0) + offset) % SONGS_A_GENRE


def _zipf(chance: Floats, count: int, *, flatness: float) -> Ints:
    """Ranks below `count` with probability close to 1 / (rank + flatness), by inverting its integral."""
    ranks = flatness * ((count / flatness + 1) ** chance - 1)
    return np.minimum(ranks.astype(np.int64), count - 1)


def _artist(chance: np.random.Generator) -> str:
    match int(chance.integers(10)):
        case 0:
            return _mojibake(_pick(chance, _ACCENTED) + f" {_pick(chance, _NOUNS)}")
        case 1:
            return f"{_pick(chance, _NOUNS)}, {_pick(chance, _NOUNS)} & {_pick(chance, _NOUNS)}"
        case 2:
            return f'{_pick(chance, _PEOPLE)} "{_pick(chance, _ADJECTIVES)}" {_pick(chance, _PEOPLE)}'
        case 3 | 4 | 5:
            return f"{_pick(chance, _PEOPLE)} {_pick(chance, _PEOPLE)}"
        case 6 | 7:
            return f"{_pick(chance, _ADJECTIVES)} {_pick(chance, _NOUNS)}"
        case _:
            return f"The {_pick(chance, _ADJECTIVES)} {_pick(chance, _NOUNS)}"


def _title(chance: np.random.Generator) -> str:
    title = f"{_pick(chance, _ADJECTIVES)} {_pick(chance, _NOUNS)}"
    match int(chance.integers(12)):
        case 0 | 1:
            return f"{title} {_pick(chance, _ADDITIONS).format(person=_pick(chance, _PEOPLE))}"
        case 2:
            return f"{_pick(chance, _NOUNS)}, {_pick(chance, _NOUNS)}"
        case 3:
            return f'"{_pick(chance, _NOUNS)}" / {title}'
        case 4:
            return _mojibake(f"{title} à {_pick(chance, _ACCENTED)}")
        case 5 | 6:
            return f"{_pick(chance, _NOUNS)} of {_pick(chance, _NOUNS)}"
        case _:
            return title


def _mojibake(text: str) -> str:
    """Show what UTF-8 looks like when it is read as Windows-1252, as in the real logs."""
    return text.encode().decode("cp1252")


def _pick(chance: np.random.Generator, words: tuple[str, ...]) -> str:
    return words[int(chance.integers(len(words)))]


def _json(text: str) -> str:
    return orjson.dumps(text).decode()
