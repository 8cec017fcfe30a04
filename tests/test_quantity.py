"""How doses are written as numbers: exact, without exponent, and the same however they came."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripgen.domain.quantity import micrograms, milligrams, plain

AMOUNTS_UG = st.integers(0, 10_000_000)
NUMBERS = st.decimals(0, 10**6, allow_nan=False, places=6) | st.integers(0, 10**9).map(Decimal)


@given(AMOUNTS_UG)
def test_micrograms_come_back_from_milligrams_unchanged(amount_ug: int) -> None:
    assert micrograms(milligrams(amount_ug)) == amount_ug


@given(AMOUNTS_UG)
def test_milligrams_are_exactly_a_thousandth(amount_ug: int) -> None:
    assert milligrams(amount_ug) * 1000 == amount_ug


@given(AMOUNTS_UG)
def test_milligrams_print_without_exponent_and_trailing_zero(amount_ug: int) -> None:
    assert re.fullmatch(r"0|[1-9]\d*|(0|[1-9]\d*)\.\d{0,2}[1-9]", str(milligrams(amount_ug)))


@given(AMOUNTS_UG, st.integers(0, 9))
def test_trailing_zeros_do_not_change_the_micrograms(amount_ug: int, zeros: int) -> None:
    written = Decimal(f"{milligrams(amount_ug):.3f}" + "0" * zeros)

    assert micrograms(written) == amount_ug


@pytest.mark.parametrize("text", ["0.0001", "0.0005", "1.0000001", "20.12345", "1E-9", "0.3333333333"])
def test_an_amount_finer_than_a_microgram_is_refused_and_never_rounded(text: str) -> None:
    with pytest.raises(ValueError, match="is not a whole number of micrograms"):
        micrograms(Decimal(text))


@given(NUMBERS)
def test_plain_digits_are_the_same_number(number: Decimal) -> None:
    assert Decimal(plain(number)) == number


@given(NUMBERS)
def test_plain_digits_have_a_leading_zero_and_no_trailing_zero(number: Decimal) -> None:
    assert re.fullmatch(r"(0|[1-9]\d*)(\.\d*[1-9])?", plain(number))


@given(NUMBERS, st.integers(0, 12))
def test_equal_numbers_have_equal_plain_digits(number: Decimal, zeros: int) -> None:
    longer = Decimal(f"{number:f}" + ("" if "." in f"{number:f}" else ".") + "0" * (zeros + 1))

    assert plain(longer) == plain(number) == plain(number.normalize())


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("5.0", "5"),
        (".5", "0.5"),
        ("0.50", "0.5"),
        ("100", "100"),
        ("1E+2", "100"),
        ("1.20E+1", "12"),
        ("0E+3", "0"),
        ("0.000", "0"),
        ("0.001", "0.001"),
        ("1E-3", "0.001"),
        ("-0.0", "0"),
    ],
)
def test_plain_digits_follow_ismp(text: str, digits: str) -> None:
    assert plain(Decimal(text)) == digits
