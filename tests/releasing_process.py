"""A process that releases: what it is told on its standard input, and a receipt on its standard output for each.

python releasing_process.py REGISTER FIRST COUNT [without-lock]
"""

import datetime as dt
import sys

from stripgen.domain.release import Release
from stripgen.register import connecting
from stripgen.register.connecting import place_of
from stripgen.register.store import append


def numbered(release: Release, number: int) -> Release:
    """Return a release of a plan that differs from all others by its id and hash."""
    plan = release.plan.model_copy(update={"id": f"{number:08}", "hash": f"sha256:{number:064x}"})
    return release.model_copy(update={"plan": plan})


def main(register: str, first: int, count: int, *how: str) -> None:
    if how:
        connecting._LOCKS.clear()
    key_id, place = input(), place_of(register)
    release = Release.model_validate_json(input())
    print("ready", flush=True)  # noqa: T201 - to the test that started it
    input()
    seen = None
    for number in range(first, first + count):
        written = append(place, key_id, numbered(release, number), lambda: dt.datetime.now(dt.UTC), seen=seen)
        seen = written.row
        print(written.receipt, flush=True)  # noqa: T201 - likewise


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
