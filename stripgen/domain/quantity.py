"""How doses are written as numbers: exact decimals of milligrams outside, whole micrograms inside planning."""

from decimal import Decimal

MICROGRAMS_PER_MG = 1000
FINEST_MG = Decimal("0.001")


def micrograms(amount_mg: Decimal) -> int:
    """Return an exact amount as whole micrograms.

    Args:
        amount_mg: Milligrams, at most three decimals.

    Raises:
        ValueError: The amount is finer than 0.001 mg; orders are checked for this before.

    >>> micrograms(Decimal("0.5"))
    500
    """
    scaled = amount_mg * MICROGRAMS_PER_MG
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"{amount_mg} mg is not a whole number of micrograms")
    return whole


def milligrams(amount_ug: int) -> Decimal:
    """Return whole micrograms as exact milligrams without trailing zeros.

    >>> milligrams(12500), milligrams(20000)
    (Decimal('12.5'), Decimal('20'))
    """
    return Decimal(plain(Decimal(amount_ug) / MICROGRAMS_PER_MG))


def plain(number: Decimal) -> str:
    """Return a decimal as digits: no exponent, a leading zero, no trailing zero.

    Source: ISMP, List of Error-Prone Abbreviations, Symbols and Dose Designations.

    >>> plain(Decimal("5.0")), plain(Decimal(".50")), plain(Decimal("2E+1"))
    ('5', '0.5', '20')
    """
    if not number:
        return "0"  # 0E-9 and -0.0 too
    digits = format(number, "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
