"""Who is one person and who are two, however their names are typed."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripgen.domain.person_name import is_same_person, words_of

AKER = ["Aker, A.", "A. Aker", "Aker A.", "Mr A. Aker", "A. Àker", "Prof. Dr. A. Aker", "AKER, Dr A", "Mme Aker, A"]
KERN = ["Eva Maria Kern", "Kern, Eva M.", "E. M. Kern", "E.-M. Kern", "KERN Eva Maria", "Frau Dr. Kern, E. Maria"]
SMITS = ["A. de Smit", "deSmit, A", "Anna de Smit", "Smit, A. de", "DE SMIT Anna", "deSmit Anna"]
MUELLER = ["Jörg Müller", "Joerg Mueller", "Mueller, J.", "J. MÜLLER", "müller, jörg", "Jörg Mueller"]
AAS = ["Søren Aas", "Ås, Søren", "S. Aas", "Soeren Ås", "Aas S."]


@pytest.mark.parametrize(
    ("name", "other"), [pair for names in (AKER, KERN, SMITS, MUELLER, AAS) for pair in combinations(names, 2)]
)
def test_one_person_is_one_however_the_name_is_written(name: str, other: str) -> None:
    assert is_same_person(name, other)
    assert is_same_person(other, name)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("A. Maker", "B. Checker"),
        ("A. Maker", "B. Maker"),
        ("Anna Kern", "Eva Kern"),
        ("Anna Kern", "Alma Kern"),
        ("A. Kern", "A. Kerner"),
        ("A. Kern", "A. Bauer"),
        ("Anna Bauer", "Anna Baur"),
        ("Jan", "Jana"),
        ("J. Jansen", "Piet Jansen"),
        ("Jansen, J.", "Jansen, Piet J."),
        ("A", "Anna Kern"),
        ("A. B.", "Anna Baker"),
        ("Eva Maria Kern", "E. A. Kern"),
        ("Łucja", "Lucja"),
        ("李明", "李红"),
        ("M. Kern", "Anna Kern"),
        ("Dr Kern", "Dr Bauer"),
    ],
)
def test_two_people_are_two(name: str, other: str) -> None:
    assert not is_same_person(name, other)
    assert not is_same_person(other, name)


@pytest.mark.parametrize("name", ["M.", "Dr", "-", "q\u0303"])
def test_a_name_of_little_is_still_one(name: str) -> None:
    assert is_same_person(name, name)
    assert not is_same_person(name, "A. Maker")


@given(st.text(max_size=120), st.text(max_size=120))
def test_whoever_a_name_is_of_is_the_same_as_themselves_and_as_many_as_the_other_way_round(
    name: str, other: str
) -> None:
    assert is_same_person(name, name)
    assert is_same_person(name, other) == is_same_person(other, name)


SURNAMES = ["Kern", "Müller", "Aasgård", "Strauß", "Nyström", "van den Berg", "Østergaard", "Núñez-Ortiz"]
GIVEN_NAMES = ["Anna", "Bea", "Cem", "Dörte", "Eva", "Fátima", "Gül", "Hans", "Ida", "Jörg", "Käthe", "Lars"]
SPELLED_OUT = {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "ß": "ss", "Ø": "Oe", "Å": "Aa", "Ö": "Oe"}

surnames = st.sampled_from(SURNAMES)
given_names = st.lists(st.sampled_from(GIVEN_NAMES), min_size=1, max_size=3, unique=True)


@st.composite
def typed(draw: st.DrawFn, forenames: list[str], surname: str) -> str:
    """Return a name as one of the ways in which people type it."""
    short = [name if draw(st.booleans()) else f"{name[0]}." for name in forenames]
    text = f"{surname}, {' '.join(short)}" if draw(st.booleans()) else f"{' '.join(short)} {surname}"
    if draw(st.booleans()):
        text = "".join(SPELLED_OUT.get(character, character) for character in text)
    if draw(st.booleans()):
        text = f"Dr. {text}"
    return draw(st.sampled_from([text, text.upper(), text.lower()]))


@given(st.data(), given_names, surnames)
def test_initials_umlauts_titles_and_order_make_no_second_person(
    data: st.DataObject, forenames: list[str], surname: str
) -> None:
    name, other = (data.draw(typed(forenames, surname)) for _ in range(2))

    assert is_same_person(name, other)


@given(st.data(), given_names, given_names, surnames, surnames)
def test_people_with_another_surname_or_other_first_letters_are_others(
    data: st.DataObject, forenames: list[str], others: list[str], surname: str, other_surname: str
) -> None:
    letters, other_letters = ({name[0] for name in names} for names in (forenames, others))
    is_other = surname != other_surname or letters != other_letters

    name, other = data.draw(typed(forenames, surname)), data.draw(typed(others, other_surname))

    assert is_same_person(name, other) is not is_other


def test_what_a_register_has_hashed_of_names_stays() -> None:
    assert words_of("Núñez-Ortiz, Ána Müller ß") == ["ana", "muller", "nunez", "ortiz", "ss"]
