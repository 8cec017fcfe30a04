"""How much stripgen costs over what it is made of. Prints ratios measured in one run; not a timed test.

    python tests/benchmarks/run.py [--rounds 15]

(a) `stripgen make --no-verify` on the 112-day example, whole process, to a floor: a script that imports the same
    libraries and replays the very same drawing operations and cell writes, with nothing else.
(b) `stripgen --help` to a bare Python start.
(c) `stripgen make --no-verify` of 728 days to 28 days.
(d) The pouch labels of 336 days on every stock, to only drawing them; the stock that costs most is told.
(e) `stripgen verify` of the papers of 40 strips to `stripgen make` of the same, which verifies them, too; and to
    `stripgen make --no-verify`. All are whole processes.

Each ratio is between medians of runs taken in turn, so that a busy machine slows both sides alike.
"""

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pdfplumber
from recording import plan_of, record_floor, time_labels

from stripgen.files import load_stocks

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "citalopram.toml"
MAKE = [sys.executable, "-m", "stripgen", "make", "--no-verify", "--force", "--issued-on", "2026-11-23"]
BY_OPTIONS = ["--drug", "citalopram", "--start", "20", "--end", "0", "--increment", "0.1", "--start-date", "2026-12-01"]


def main() -> None:
    """Measure the ratios and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="runs of each command; the median counts")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        out = ["--out", folder]
        floor = record_floor(EXAMPLE, Path(folder))
        make = [*MAKE, str(EXAMPLE), *out]
        subprocess.run([sys.executable, str(floor)], check=True)
        if _drawn_in(floor.with_name("floor.pdf")) != _drawn_in(floor.with_name("expected.pdf")):
            sys.exit("the floor does not draw what stripgen draws: its figures would mean nothing")
        report("(a) make --no-verify, 112 days", make, "floor", [sys.executable, str(floor)], 1.5, rounds)
        script = Path(sys.executable).with_name("stripgen")
        report("(b) --help", [str(script), "--help"], "bare Python", [sys.executable, "-c", "pass"], 4, 3 * rounds)
        long, short = ([*MAKE, *BY_OPTIONS, "--days", days, *out] for days in ("728", "28"))
        report("(c) make --no-verify, 728 days", long, "28 days", short, 26, max(3, rounds // 3))
        report_labels(max(3, rounds // 3))
        report_verifying(Path(folder), max(3, rounds // 3))


def report_verifying(folder: Path, rounds: int) -> None:
    """Time verifying the papers of 40 strips, and making them without it."""
    order, out = folder / "forty-strips.toml", folder / "forty-strips"
    text, n_changed = re.subn(r"(?m)^days = .*", "days = 1120", EXAMPLE.read_text(encoding="utf-8"))
    if n_changed != 1:
        sys.exit(f"{EXAMPLE} does not say its days once")
    order.write_text(text, encoding="utf-8")
    unverified = [*MAKE, str(order), "--out", str(out)]
    verified = [word for word in unverified if word != "--no-verify"]
    subprocess.run(unverified, check=True, stdout=subprocess.DEVNULL)
    verify = [sys.executable, "-m", "stripgen", "verify", *map(str, sorted(out.iterdir()))]
    report("(e) verify, 40 strips", verify, "make", verified, 1, rounds)
    report("(e) verify, 40 strips", verify, "make --no-verify", unverified, 1, rounds)


def report_labels(rounds: int) -> None:
    """Time the labels of a long plan on each stock, and print the worst ratio."""
    plan = plan_of(EXAMPLE, 336)
    times = {stock.id: time_labels(plan, stock, rounds) for stock in load_stocks()}
    worst = max(times, key=lambda name: times[name][0] / times[name][1])
    own, drawn = times[worst]
    print(
        f"{'(d) labels, 336 days':30} {1000 * own:7.1f} ms   {'drawing':16} {1000 * drawn:7.1f} ms   "
        f"ratio {own / drawn:5.2f}   (to reach: at most 1.5; worst of {len(times)} stocks, {worst})"
    )


def _drawn_in(pdf: Path) -> list[bytes]:
    """Return what each page draws, read by another library."""
    with pdfplumber.open(pdf) as document:
        return [b"".join(stream.get_data() for stream in page.page_obj.contents) for page in document.pages]


def report(name: str, command: list[str], base_name: str, base: list[str], aim: float, rounds: int) -> None:
    """Time both commands in turn and print the ratio of their medians."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds + 1):
        for taken, called in zip(times, (command, base), strict=True):
            started = time.perf_counter()
            subprocess.run(called, check=True, stdout=subprocess.DEVNULL)
            taken.append(time.perf_counter() - started)
    own, other = (statistics.median(taken[1:]) for taken in times)  # the first run warms the disk's cache
    print(
        f"{name:30} {1000 * own:7.1f} ms   {base_name:16} {1000 * other:7.1f} ms   "
        f"ratio {own / other:5.2f}   (to reach: at most {aim:g})"
    )


if __name__ == "__main__":
    main()
