"""What the Data Matrix of a pouch holds, how large it is, and its modules."""

import re
from functools import lru_cache

from pystrich.datamatrix import FNC1, DataMatrixData, DataMatrixEncoder

from stripgen.domain.code import SEPARATOR, gs1_code, read_code
from stripgen.domain.plan import Day, Plan

_SYMBOLS_OF_A_LONG_PLAN = 2048
_DIGIT = re.compile("[0-9]")


def symbol_content(day: Day, plan: Plan) -> str:
    """Return what the symbol of a pouch holds: its plain code, or GS1 elements, which a separator begins.

    A pouch kept from an earlier version keeps the id of that version: its own code says it.
    """
    dispensing = plan.order.dispensing
    if not dispensing.prints_gs1:
        return day.code
    pouch = read_code(day.code)
    elements = gs1_code(
        pouch.plan_id,
        pouch.strip,
        pouch.day,
        gtin=dispensing.gtin,
        lot=dispensing.lot,
        use_by=dispensing.beyond_use_date,
    )
    return f"{SEPARATOR}{elements}"


def symbol_size(content: str) -> int:
    """Return how many modules a symbol is wide and high, without its quiet zone of one module on every side.

    It hangs on which characters are digits, not on which digits: the codes of a plan come down to a few.
    """
    return _size_of_form(_DIGIT.sub("0", content))


@lru_cache
def _size_of_form(content: str) -> int:
    return len(data_matrix(content))


@lru_cache(maxsize=_SYMBOLS_OF_A_LONG_PLAN)
def data_matrix(content: str) -> tuple[tuple[int, ...], ...]:
    """Return the modules of a square Data Matrix (ECC 200) symbol, 1 is dark, without its quiet zone.

    Each separator in the content becomes the codeword FNC1; as the first one it makes the symbol a GS1 symbol.
    """
    first, *others = content.split(SEPARATOR)
    parts = [first, *(part for other in others for part in (FNC1, other))]
    # Byte by byte: looking for shorter codewords takes four times as long, and finds no smaller symbol for our codes.
    encoder = DataMatrixEncoder(DataMatrixData(*parts, encoding="ascii"), quiet_zone=0, force_byte_mode=True)
    return tuple(tuple(1 if cell else 0 for cell in row) for row in encoder.init_renderer().matrix)
