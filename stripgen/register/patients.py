"""How a patient is found in the register without being named there: by keyed hashes."""

import datetime as dt
import hashlib
import hmac

from stripgen.domain.order import Patient
from stripgen.domain.person_name import plain_letters, words_of
from stripgen.domain.release import PatientMarks

_PURPOSE = "stripgen register 1"


def mark_patient(key: bytes, patient: Patient, *, with_names: bool) -> PatientMarks:
    """Return what the register keeps of a patient.

    Args:
        key: The register's own; who has it can test whether a person is in the register.
        patient: Of the order.
        with_names: Whether the pharmacy registers names in the clear, too.
    """
    born = patient.birth_date
    found_by = {
        *([_mark(key, "name", _words(patient.name))] if patient.name else []),
        *([_mark(key, "born", _words(patient.name), born.isoformat())] if patient.name and born else []),
        *([_mark(key, "identifier", _letters(patient.identifier))] if patient.identifier else []),
    }
    whole = (_words(patient.name or ""), born.isoformat() if born else "", _letters(patient.identifier or ""))
    named = {"name": patient.name, "birth_date": born, "identifier": patient.identifier} if with_names else {}
    return PatientMarks(whole=_mark(key, "whole", *whole), found_by=tuple(sorted(found_by)), **named)


def marks_sought(key: bytes, sought: str, birth_date: dt.date | None) -> frozenset[str]:
    """Return the marks that a patient who is looked for may have.

    Args:
        key: The register's own.
        sought: A name or an identifier, however it is spelled: see `_words`.
        birth_date: With it the text is a name, and only who was born that day is meant.
    """
    if birth_date is not None:
        return frozenset({_mark(key, "born", _words(sought), birth_date.isoformat())})
    return frozenset({_mark(key, "name", _words(sought)), _mark(key, "identifier", _letters(sought))})


def key_id(key: bytes) -> str:
    """Return what tells one key from another without giving it away."""
    return hmac.new(key, f"{_PURPOSE} key".encode(), hashlib.sha256).hexdigest()[:16]


def _mark(key: bytes, kind: str, *parts: str) -> str:
    text = "\x1f".join((_PURPOSE, kind, *parts))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _words(name: str) -> str:
    """Return a name without what people spell now so, now otherwise: case, accents, signs, the order of its words.

    >>> _words("Núñez-Ortiz, Ana") == _words("ana nunez ortiz")
    True
    """
    return " ".join(words_of(name))


def _letters(text: str) -> str:
    """Return letters and digits only.

    >>> _letters("P-000 123")
    'p000123'
    """
    return "".join(filter(str.isalnum, plain_letters(text)))
