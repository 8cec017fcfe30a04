"""Names of people, compared as people mean them and not as they type them."""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_TITLES = frozenset({"mr", "mrs", "ms", "dr", "prof", "herr", "frau", "mme", "m", "sr", "sra", "dhr", "mw"})
_MONSIEUR = "m"  # or Maria
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_MOST_WORDS_GLUED = 8  # a name of more is compared word by word only: the ways to glue words are too many


def plain_letters(text: str) -> str:
    """Return a text without capital letters, accents and other marks.

    >>> plain_letters("Núñez")
    'nunez'
    """
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def words_of(name: str) -> list[str]:
    """Return the words of a name in the order of the alphabet: case, accents, signs and order do not matter.

    Registers keep hashes of it: it stays as it is.

    >>> words_of("Núñez-Ortiz, Ana")
    ['ana', 'nunez', 'ortiz']
    """
    return sorted(_in_order(plain_letters(name)))


def is_same_person(name: str, other: str) -> bool:
    """Return whether two names may be of one person only, so that one cannot check what the other did.

    Titles, and all that `words_of` leaves out, do not matter, nor whether the parts of a name are written as one; an
    umlaut may be spelled out, and an initial stands for any name that begins with it.

    >>> is_same_person("A. de Vries", "deVries, Anna"), is_same_person("A. de Vries", "B. de Vries")
    (True, False)
    >>> is_same_person("Eva Maria Müller", "Mueller, E. M."), is_same_person("Anna Müller", "Eva Müller")
    (True, False)
    """
    if not _spellings(name).isdisjoint(_spellings(other)):
        return True
    return any(
        _agree(words, others)
        for read in _readings(name)
        for words in _glued(read)
        for others_read in _readings(other)
        for others in _glued(others_read)
    )


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a name, or several written as one.

    Attributes:
        spellings: With its accents left out, and with its umlauts spelled out.
        is_initial: Whether it may stand for a longer one.
        is_glued: Whether it is of several words: no initial stands for it.
    """

    spellings: frozenset[str]
    is_initial: bool = False
    is_glued: bool = False

    @property
    def letter(self) -> str:
        """What it begins with."""
        return min(self.spellings)[0]


def _agree(words: Sequence[_Word], others: Sequence[_Word]) -> bool:
    """Return whether each word of a name is one of the other: at least one whole, the rest perhaps as an initial."""
    if len(words) != len(others):
        return False
    left, left_others = list(words), list(others)
    for word in [word for word in words if not word.is_initial]:
        same = next((each for each in left_others if not each.spellings.isdisjoint(word.spellings)), None)
        if same is not None:
            left.remove(word)
            left_others.remove(same)
    if len(left) == len(words) or any(word.is_glued for word in (*left, *left_others)):
        return False
    (whole, initials), (whole_others, initials_others) = _by_letter(left), _by_letter(left_others)
    same_letters = whole + initials == whole_others + initials_others
    return same_letters and whole <= initials_others and whole_others <= initials


def _by_letter(words: Sequence[_Word]) -> tuple[Counter[str], Counter[str]]:
    """Return how many whole words, and how many initials, there are of each letter."""
    return (
        Counter(word.letter for word in words if not word.is_initial),
        Counter(word.letter for word in words if word.is_initial),
    )


def _glued(words: Sequence[str]) -> Iterator[list[_Word]]:
    """Yield the words of a name; then with some of them written as one, begun with whichever word."""
    yield [_word(word) for word in words]
    if len(words) > _MOST_WORDS_GLUED:
        return
    for first in range(len(words)):
        turned = [*words[first:], *words[:first]]
        for n_glued in range(2, len(words)):
            glued, *rest = ["".join(turned[:n_glued]), *turned[n_glued:]]
            yield [_word(glued, is_glued=True), *map(_word, rest)]


def _word(text: str, *, is_glued: bool = False) -> _Word:
    spellings = frozenset({plain_letters(text), plain_letters(text.translate(_SPELLED_OUT))})
    return _Word(spellings, is_initial=len(plain_letters(text)) == 1, is_glued=is_glued)


def _readings(name: str) -> list[list[str]]:
    """Return the words of a name without its titles: `M.` is one, or an initial."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    words = [word for word in _in_order(folded) if plain_letters(word)]
    readings = (
        [word for word in words if plain_letters(word) not in titles] for titles in (_TITLES, _TITLES - {_MONSIEUR})
    )
    return [read for read in readings if read] or [words]


def _spellings(name: str) -> set[str]:
    """Return a name without blanks: its words sorted, and in their order from whichever word it is begun with."""
    words = _readings(name)[0]
    turned = ["".join(words[first:] + words[:first]) for first in range(len(words))]
    texts = {*turned, *("".join(sorted(map(plain_letters, words))),)}
    return {plain_letters(spelled) for text in texts for spelled in (text, text.translate(_SPELLED_OUT))}


def _in_order(text: str) -> list[str]:
    return "".join(c if c.isalnum() or unicodedata.combining(c) else " " for c in text).split()
