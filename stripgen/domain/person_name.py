"""Names of people, compared as people mean them and not as they type them."""

import unicodedata

_TITLES = frozenset({"mr", "mrs", "ms", "dr", "prof", "herr", "frau", "mme", "m", "sr", "sra", "dhr", "mw"})


def plain_letters(text: str) -> str:
    """Return a text without capital letters, accents and other marks.

    >>> plain_letters("Núñez")
    'nunez'
    """
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def words_of(name: str) -> list[str]:
    """Return the words of a name in the order of the alphabet: case, accents, signs and order do not matter.

    >>> words_of("Núñez-Ortiz, Ana")
    ['ana', 'nunez', 'ortiz']
    """
    return sorted(_in_order(name))


def is_same_person(name: str, other: str) -> bool:
    """Return whether two names may be of one person only: titles, and all that `words_of` leaves out, do not matter.

    >>> is_same_person("A. de Vries", "deVries, A"), is_same_person("A. de Vries", "B. de Vries")
    (True, False)
    """
    return not _spellings(name).isdisjoint(_spellings(other))


def _spellings(name: str) -> set[str]:
    """Return a name without blanks: its words sorted, and in their order from whichever word it is begun with."""
    words = _in_order(name)
    words = [word for word in words if word not in _TITLES] or words
    turned = ("".join(words[first:] + words[:first]) for first in range(len(words)))
    return {"".join(sorted(words)), *turned}


def _in_order(name: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in plain_letters(name)).split()
