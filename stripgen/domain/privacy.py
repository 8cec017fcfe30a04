"""What no message may quote: what an order says of a patient. Messages end up in logs, letters and screen shots."""

import re

PATIENT_KEYS = {"patient", "name", "birth_date", "identifier", "insurance_number"}


def is_private(where: str) -> bool:
    """Return whether what stands at a place of an order is the patient's own.

    >>> is_private("patient.birth_date"), is_private("patient.language"), is_private("pharmacy.name")
    (True, False, False)
    """
    return where != "patient.language" and re.match(r"patient(\.|\[|$)", where) is not None


def quote(where: str, found: str) -> str:
    """Return what was found at a place as a message may show it.

    >>> quote("pharmacy.name", "'Example Pharmacy'"), quote("patient.name", "'Example Patient'")
    ("'Example Pharmacy'", 'what stands there')
    """
    return "what stands there" if is_private(where) else found
