"""The command line: parse, call, print. Decides nothing; heavy libraries are imported where they are used."""

import functools
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from stripgen import __version__

if TYPE_CHECKING:
    import datetime as dt

    from stripgen.domain.formulary import Formulary
    from stripgen.domain.order import Order
    from stripgen.domain.plan import Plan
    from stripgen.domain.printing import Printing
    from stripgen.rendering.words import DateForm, Words


_INTERRUPTED = 130  # what a shell says of a program that Ctrl-C ended


class _Commands(click.Group):
    """Prints what a user can mend, one line a problem, and exits with its code; anything else is a bug."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        from stripgen.errors import StripgenError

        try:
            return super().invoke(ctx)
        except StripgenError as error:
            for line in error.lines():
                click.echo(f"stripgen: {line}", err=True)
            ctx.exit(error.exit_code)
        except (KeyboardInterrupt, EOFError, click.Abort):
            click.echo("stripgen: stopped; nothing was written", err=True)
            ctx.exit(_INTERRUPTED)


@click.group(
    cls=_Commands,
    # A fixed width, click's usual one: to find out the terminal's takes a twentieth of the time of --help.
    context_settings={"help_option_names": ["-h", "--help"], "terminal_width": 80},
)
@click.version_option(__version__, message="stripgen %(version)s")
def main() -> None:
    """From an approved taper order to a printed strip plan, pouch labels and a dispensing sheet.

    \b
    Example:
      stripgen make examples/citalopram.toml --out out
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a character is no reason to stop


ORDER_FILE = click.argument("order_file", metavar="ORDER.toml", type=click.Path())
AS_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON; doses are strings.")
ISSUED_ON = click.option(
    "--issued-on",
    metavar="DATE",
    help="Date printed on the papers; today unless given. The same date gives the same papers again.",
)


DISPENSING = click.option(
    "--dispensing", metavar="FILE", help="A file with [dispensing] and [[batch]], in place of the order's own."
)

# What is in the printer, and what is asked of the papers; each command that makes papers has them.
_PRINTING_OPTIONS = (
    click.option("--profile", metavar="ID|FILE", help="Label rules, as `stripgen profiles` lists them."),
    click.option(
        "--stock", metavar="ID|FILE", help="Label paper, as `stripgen stocks` lists it; plain paper unless given."
    ),
    click.option("--first-label", metavar="N", help="First label of a half-used sheet; 1 unless given."),
    click.option("--strip-stock", metavar="ID|FILE", help="Paper of the strips' labels; plain paper unless given."),
    click.option("--first-strip-label", metavar="N", help="Likewise the first label of a half-used sheet of those."),
    click.option("--outer-label", is_flag=True, help="One more label, for what all strips are packed in."),
    click.option("--offset-mm", metavar="X,Y", help="Move labels to the right and down, to correct a printer."),
    click.option(
        "--patient-text", metavar="FILE", help="What you tell patients of a missed pouch; whom to call unless given."
    ),
    click.option("--large-print", is_flag=True, help="The patient's pages in 18 points or more."),
    click.option("--calendar", is_flag=True, help="A calendar file (.ics), too: an all-day event a pouch."),
    click.option("--calendar-names-drug", is_flag=True, help="Name drug and dose in the calendar file."),
)
_PRINTING_NAMES = (
    "profile",
    "stock",
    "first_label",
    "strip_stock",
    "first_strip_label",
    "outer_label",
    "offset_mm",
    "patient_text",
    "large_print",
    "calendar",
    "calendar_names_drug",
)


def _printing_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of printing to a command; it gets them together, as `printing`."""

    @functools.wraps(command)
    def gather(*args: object, **given: Any) -> None:  # noqa: ANN401 - whatever click hands over
        printing = {name: given.pop(name) for name in _PRINTING_NAMES}
        command(*args, printing=printing, **given)

    decorated: Callable[..., None] = gather
    for option in reversed(_PRINTING_OPTIONS):
        decorated = option(decorated)
    return decorated


def _order_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that stand in for an order file, in the order of the questions."""
    for name, words in reversed(_OPTIONS):
        command = click.option(name, help=words, metavar="TEXT", multiple=True)(command)
    return command


_OPTIONS = (
    ("--drug", "Drug, as `stripgen drugs` lists it."),
    ("--curve", "One of the drug's curves, if not its default."),
    ("--start", "Start dose, mg a day."),
    ("--end", "End dose, mg a day; 0 is stop."),
    ("--days", "How many days, one pouch each."),
    ("--start-date", "Date of day 1: 2026-12-01."),
    ("--increment", "A capsule for each dose, in steps of so many mg."),
    ("--unit", "A strength to combine, mg and form: '10 tablet'. Once for each strength."),
    ("--max-units", "Most units in a pouch; 6 unless given."),
    ("--first-day", "'start' (day 1 is the start dose) or 'reduced'."),
    ("--days-per-strip", "Days on a strip; 28 unless given."),
    ("--patient", "Patient's name; left out, a line to write on."),
    ("--birth-date", "Patient's birth date: 1981-05-12."),
    ("--patient-id", "Patient's identifier."),
    ("--language", "Of labels and the patient's pages: en, nl, de, fr, es; the pharmacy's unless given."),
    ("--prescriber", "Prescriber's name."),
    ("--prescriber-id", "Prescriber's identifier."),
    ("--pharmacy", "Pharmacy's name."),
    ("--address", "Pharmacy's address."),
    ("--phone", "Pharmacy's phone number."),
    ("--pharmacy-language", "Of strip plan and dispensing sheet; the profile's unless given."),
    ("--lot", "Lot to print on the labels."),
    ("--use-by", "Beyond-use date to print on the labels."),
)


@main.command(short_help="Make the strip plan and the dispensing sheet.")
@click.argument("order_file", metavar="[ORDER.toml]", required=False, type=click.Path())
@click.option(
    "--out",
    type=click.Path(),
    default=".",
    metavar="DIR",
    help="Folder for the files; made if missing.",
)
@click.option("--force", is_flag=True, help="Replace files that are there already.")
@ISSUED_ON
@DISPENSING
@_printing_options
@_order_options
def make(
    order_file: str | None,
    out: str,
    force: bool,
    issued_on: str | None,
    dispensing: str | None,
    printing: dict[str, Any],
    **options: tuple[str, ...],
) -> None:
    """Make the strip plan (PDF) and the dispensing sheet (XLSX) of an order.

    Without an order file the order is given by options; it is then a draft, and what is left out is a line to write on.

    \b
    Examples:
      stripgen make examples/citalopram.toml --out out
      stripgen make --drug citalopram --start 20 --end 0 --days 112 --increment 0.1 --start-date 2026-12-01 --out out
    """
    from pathlib import Path

    from stripgen.files import write_files
    from stripgen.papers import choose_printing, render_documents
    from stripgen.rendering.refusals import refuse_blocked
    from stripgen.rendering.terminal import render_summary

    plan, words = _plan(order_file, issued_on, options, dispensing), _words()
    refuse_blocked(plan, words)
    chosen = choose_printing(plan.order, printing)
    documents = render_documents(plan, chosen, order_file or "command line")
    for path in write_files(Path(out), documents, force=force):
        _say(path)
    _say(render_summary(plan, words))
    _say_unsure(chosen)


@main.command("plan", short_help="Show the plan of an order.")
@ORDER_FILE
@click.option("--json", "as_json", is_flag=True, help="The whole plan as JSON; doses are strings.")
@click.option("--csv", "as_csv", is_flag=True, help="One row a day.")
@ISSUED_ON
def show_plan(order_file: str, as_json: bool, as_csv: bool, issued_on: str | None) -> None:
    """Show the plan of an order: summary, findings, chart and day table.

    \b
    Examples:
      stripgen plan examples/citalopram.toml
      stripgen plan examples/citalopram.toml --json
      stripgen plan examples/citalopram.toml --csv
    """
    from stripgen.rendering.plan_json import render_csv, render_json
    from stripgen.rendering.terminal import render_plan_text

    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other; give one of the two")
    plan = _plan(order_file, issued_on)
    if as_csv:
        _say(render_csv(plan), nl=False)
    else:
        _say((render_json if as_json else render_plan_text)(plan, _words()))


@main.command(short_help="Show the findings only.")
@ORDER_FILE
@ISSUED_ON
@DISPENSING
@_printing_options
def check(order_file: str, issued_on: str | None, dispensing: str | None, printing: dict[str, Any]) -> None:
    """Show the findings only. Exit code 0: may be dispensed; 3: may not, and the last lines say why.

    \b
    Example:
      stripgen check examples/citalopram.toml
    """
    from stripgen.checking.reading_rules import find_own_reading_problems, find_wording_reading_problems
    from stripgen.papers import choose_printing, load_paper_words, render_documents
    from stripgen.rendering.refusals import refuse_blocked, refuse_draft
    from stripgen.rendering.terminal import render_findings

    plan, words = _plan(order_file, issued_on, dispensing=dispensing), _words()
    asked = choose_printing(plan.order, printing)
    papers = load_paper_words(plan.order, asked.profile)
    _say(render_findings(plan.findings, words))
    for problem in find_own_reading_problems(plan.order, asked):
        _say(f"reads badly: {problem}")
    for own in {own.language: own for own in (papers.pharmacy, papers.patient, papers.labels)}.values():
        for problem in find_wording_reading_problems(own.wording, own.decimal_mark):
            _say(f"reads badly: wording/{own.language}.toml: {problem}")
    _say_unsure(asked)
    render_documents(plan, asked, order_file)  # what cannot be printed cannot be dispensed
    refuse_blocked(plan, words)
    refuse_draft(plan)
    _say(f"plan {plan.plan_id} may be dispensed")


@main.command(short_help="Compare the plan with other strategies.")
@ORDER_FILE
@AS_JSON
def compare(order_file: str, as_json: bool) -> None:
    """Compare the plan with other strategies: equal occupancy, linear, 10 % and 25 % a step, halving.

    \b
    Examples:
      stripgen compare examples/limited.toml
      stripgen compare examples/limited.toml --json
    """
    from stripgen.rendering.tables import render_comparison, render_comparison_json

    plan = _plan(order_file, None)
    _say(render_comparison_json(plan) if as_json else render_comparison(plan, _words()))


@main.command(short_help="Show what fewer different doses cost.")
@ORDER_FILE
@AS_JSON
def options(order_file: str, as_json: bool) -> None:
    """Show the price of simplicity: the best plan with 4 to 40 different doses, and with any number.

    \b
    Examples:
      stripgen options examples/citalopram.toml
      stripgen options examples/citalopram.toml --json
    """
    from stripgen.planning.options import find_options
    from stripgen.rendering.tables import render_options, render_options_json

    formulary = _formulary()
    found = find_options(_order_from_file(order_file, formulary), formulary, order_file)
    _say(render_options_json(found) if as_json else render_options(found, _words()))


@main.command(short_help="Choose the unit strengths to compound.")
@click.argument("order_files", metavar="ORDER.toml...", nargs=-1, required=True, type=click.Path())
@click.option("--choose", metavar="K", required=True, help="How many strengths at most: 1 to 15.")
@click.option(
    "--candidates", metavar="MG,MG,...", help="Strengths to choose from; a 1-2-5 series and the licensed ones."
)
@click.option("--max-units", metavar="N", help="Most units in a pouch; the orders' own, or 6.")
@AS_JSON
def strengths(
    order_files: tuple[str, ...], choose: str, candidates: str | None, max_units: str | None, as_json: bool
) -> None:
    """Choose the unit strengths that follow an order, or several orders together, most closely.

    \b
    Examples:
      stripgen strengths examples/citalopram.toml --choose 4
      stripgen strengths examples/citalopram.toml examples/phased.toml --choose 3 --candidates 10,5,2,1,0.5
    """
    from stripgen.answers import strengths_asked
    from stripgen.planning.strengths import choose_strengths, default_candidates, default_most_units
    from stripgen.rendering.tables import render_strengths, render_strengths_json

    asked = strengths_asked(choose, candidates, max_units)
    formulary = _formulary()
    orders = [_order_from_file(order_file, formulary) for order_file in order_files]
    most_units = asked.most_units or default_most_units(orders)
    given = asked.candidates_mg or default_candidates(orders, formulary)
    found = choose_strengths(orders, formulary, given, asked.n_strengths, most_units)
    _say(render_strengths_json(found, most_units) if as_json else render_strengths(found, most_units, _words()))


@main.command(short_help="Make the next version of a plan under way.")
@click.argument("plan_file", metavar="PLAN.json", type=click.Path())
@click.option(
    "--from-day", metavar="K", required=True, help="First day to plan anew; the days before stay as they are."
)
@click.option("--hold", metavar="DAYS", help="Hold the dose of the day before, then go on as before.")
@click.option("--back-to-day", metavar="J", help="Go back up to the dose of an earlier day, then down as from there.")
@click.option("--stretch-to", metavar="DAYS", help="Stretch the rest, to so many days in all.")
@click.option("--faster-to", metavar="DAYS", help="Shorten the rest, to so many days in all.")
@click.option("--stop-at-mg", metavar="X", help="End at this dose, and go no lower.")
@click.option("--reason", metavar="TEXT", required=True, help="Why; printed on the papers.")
@click.option("--approved-by", metavar="NAME", help="Who approved the amendment; without it the papers are drafts.")
@click.option("--approved-on", metavar="DATE", help="When: 2026-12-20.")
@click.option("--reference", metavar="TEXT", help="Reference of that approval.")
@click.option("--out", type=click.Path(), default=".", metavar="DIR", help="Folder for the files; made if missing.")
@click.option("--force", is_flag=True, help="Replace files that are there already.")
@ISSUED_ON
@DISPENSING
@_printing_options
def amend(
    plan_file: str,
    out: str,
    force: bool,
    issued_on: str | None,
    dispensing: str | None,
    printing: dict[str, Any],
    **asked: str | None,
) -> None:
    """Make the next version of a plan that is under way: strip plan, dispensing sheet and plan (JSON).

    The plan is what `stripgen plan ORDER.toml --json` printed, or what an earlier amend wrote.

    \b
    Example:
      stripgen plan examples/citalopram.toml --json > plan.json
      stripgen amend plan.json --from-day 57 --hold 14 --reason "Dizzy since day 50" --out out
    """
    from pathlib import Path

    from stripgen.answers import amendment_request, approve_order
    from stripgen.files import load_dispensing_file, load_plan_file, write_files
    from stripgen.papers import choose_printing, render_documents
    from stripgen.planning.amending import amend as amend_plan
    from stripgen.planning.reopening import reopen_plan
    from stripgen.planning.taper import plan_taper
    from stripgen.rendering.plan_json import render_json
    from stripgen.rendering.refusals import refuse_blocked
    from stripgen.rendering.terminal import render_summary

    request, issue_date, formulary = amendment_request(asked), _issue_date(issued_on), _formulary()
    before = reopen_plan(load_plan_file(Path(plan_file)), formulary, plan_file)
    given = load_dispensing_file(Path(dispensing)) if dispensing else {}
    order = approve_order(amend_plan(before, request), asked, formulary, before.issued_on, given)
    plan = plan_taper(order, formulary, issue_date, f"plan {before.plan_id}")
    words = _words()
    refuse_blocked(plan, words)
    chosen = choose_printing(plan.order, printing)
    documents = render_documents(plan, chosen, plan_file)
    documents[f"{plan.plan_id}-plan.json"] = f"{render_json(plan, words)}\n".encode()
    for path in write_files(Path(out), documents, force=force):
        _say(path)
    _say(render_summary(plan, words))
    _say_unsure(chosen)


@main.command(short_help="List the drugs, or show one.")
@click.argument("drug_name", metavar="[DRUG]", required=False)
def drugs(drug_name: str | None) -> None:
    """List the drugs, or show one drug's facts, curves and sources, and where its curves disagree.

    \b
    Examples:
      stripgen drugs
      stripgen drugs citalopram
    """
    from stripgen.planning.curve_comparison import compare_curves
    from stripgen.rendering.terminal import render_drug, render_drug_list

    formulary = _formulary()
    if drug_name is None:
        _say(render_drug_list(formulary))
        return
    if drug_name not in formulary.drugs:
        raise click.UsageError(f"{drug_name!r} is not in the formulary; one of {', '.join(formulary.drugs)}")
    drug, curves = formulary.drugs[drug_name], formulary.curves_of(drug_name)
    _say(render_drug(drug, curves, compare_curves(drug, curves)))


@main.command(short_help="List the label stocks, or align a printer.")
@click.argument("stock_name", metavar="[ID|FILE]", required=False)
@click.option("--align", metavar="ID|FILE", help="Write the page that shows where a printer puts these labels.")
@click.option("--offset-mm", metavar="X,Y", help="Move that page to the right and down, to correct a printer.")
@click.option("--out", type=click.Path(), default=".", metavar="DIR", help="Folder for that page; made if missing.")
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
def stocks(stock_name: str | None, align: str | None, offset_mm: str | None, out: str, force: bool) -> None:
    """List and draw the label stocks, or one of them; or write the page that aligns a printer.

    \b
    Examples:
      stripgen stocks
      stripgen stocks avery-l7160
      stripgen stocks --align avery-l7160 --offset-mm 0.5,-1 --out out
    """
    import datetime as dt
    from pathlib import Path

    from stripgen.files import load_stock, load_stocks, write_files
    from stripgen.rendering.stock_list import render_stocks

    if align is None:
        if offset_mm is not None:
            raise click.UsageError("--offset-mm moves an alignment page; give --align ID, too")
        _say(render_stocks([load_stock(stock_name)] if stock_name else load_stocks()))
        return
    if stock_name is not None:
        raise click.UsageError(f"{stock_name!r} and --align exclude each other; give one of the two")
    from stripgen.answers import label_paper
    from stripgen.rendering.strip_plan.alignment import render_alignment

    labels = label_paper(load_stock(align, "--align"), None, offset_mm)
    page = render_alignment(labels, _words("letters"), dt.date.today())  # noqa: DTZ011 - the pharmacy's own calendar day
    for path in write_files(Path(out), {f"{labels.stock.id}-alignment.pdf": page}, force=force):
        _say(path)


@main.command(short_help="List the label rules, or show one profile.")
@click.argument("profile_name", metavar="[ID|FILE]", required=False)
def profiles(profile_name: str | None) -> None:
    """List the profiles of label rules, or show one: what stands where, how small it may be, and who says so.

    \b
    Examples:
      stripgen profiles
      stripgen profiles uk
    """
    from stripgen.files import load_profile, load_profiles
    from stripgen.rendering.profile_list import render_profile, render_profiles

    if profile_name is None:
        _say(render_profiles(load_profiles()))
    else:
        _say(render_profile(load_profile(profile_name, "profiles")))


@main.command(short_help="Tell what a scanned code means.")
@click.argument("scanned", metavar="TEXT")
def scan(scanned: str) -> None:
    """Tell what the code on a pouch means, as a scanner types it. One with a wrong check character is refused.

    \b
    Examples:
      stripgen scan SG1-K7QF3MZX-0001-0017-W
      stripgen scan "(01)04012345678901(17)270630(10)L-118(21)K7QF3MZX00010017W"
    """
    from stripgen.domain.code import read_code
    from stripgen.rendering.terminal import render_scanned

    _say(render_scanned(read_code(scanned), _words()))


@main.command(short_help="Ask for an order, and write its file.")
@click.argument("order_file", metavar="ORDER.toml", type=click.Path())
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
def new(order_file: str, force: bool) -> None:
    """Ask for each field of an order, check each answer, and write a commented order file.

    \b
    Example:
      stripgen new my-order.toml
    """
    import datetime as dt
    from pathlib import Path

    from stripgen.answers import ask_all, fill_form
    from stripgen.files import load_order_form, refuse_existing, write_files

    path = Path(order_file)
    if not force:
        refuse_existing([path])
    answers = ask_all(_prompt, _tell, _formulary(), dt.date.today())  # noqa: DTZ011 - the pharmacy's own calendar day
    text = fill_form(load_order_form(), answers)
    write_files(path.parent, {path.name: text.encode()}, force=force)
    _say(f"{path} is written; stripgen check {path} shows its findings")


def _say(words: object, *, nl: bool = True) -> None:
    """Print; a full disk behind standard output is a fault to report, a reader that has gone (`| head`) is not."""
    import errno

    from stripgen.errors import OutputNotWritten, Problem

    try:
        click.echo(words, nl=nl)
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        raise OutputNotWritten([Problem("standard output", f"cannot be written ({error.strerror})")]) from error


def _say_unsure(printing: "Printing") -> None:
    """Say on screen that label rules were only seen second-hand."""
    from stripgen.rendering.profile_list import describe_unsure

    told = describe_unsure(printing.profile)
    if told:
        _say(told)


def _prompt(words: str, default: str) -> str:
    return str(click.prompt(words, default=default, show_default=bool(default)))


def _tell(words: str) -> None:
    click.echo(words, err=True)


def _formulary() -> "Formulary":
    from stripgen.files import load_formulary

    return load_formulary()


def _words(date_form: "DateForm" = "iso") -> "Words":
    """Return what a terminal and other programs read: English, and dates that need no language."""
    from stripgen.files import load_wording
    from stripgen.rendering.words import Words

    return Words(load_wording("en"), ".", date_form)


def _plan(
    order_file: str | None,
    issued_on: str | None,
    options: dict[str, Any] | None = None,
    dispensing: str | None = None,
) -> "Plan":
    """Return the plan of an order file, or of the options given in its place; with what the pharmacy knows besides."""
    from stripgen.planning.taper import plan_taper

    formulary = _formulary()
    given = {name: value for name, value in (options or {}).items() if value}
    if order_file is not None and given:
        raise click.UsageError(
            f"an order file and --{next(iter(given)).replace('_', '-')} exclude each other; change the file"
        )
    if order_file is None and not given:
        raise click.UsageError("give an order file, or an order by options (--drug, --start, --end, …)")
    if order_file is None and dispensing is not None:
        raise click.UsageError("--dispensing belongs to an order file; without one give --lot and --use-by")
    order = (
        _order_from_options(given, formulary)
        if order_file is None
        else _order_from_file(order_file, formulary, dispensing)
    )
    return plan_taper(order, formulary, _issue_date(issued_on), order_file or "command line")


def _issue_date(typed: str | None) -> "dt.date":
    import datetime as dt

    from stripgen.answers import raw_date

    if typed is None:
        return dt.date.today()  # noqa: DTZ011 - the pharmacy's own calendar day
    date = raw_date(typed)
    if date is None or not dt.date(2020, 1, 1) <= date <= dt.date(2099, 12, 31):
        raise click.UsageError(
            f"--issued-on: {typed!r} is not a date from 2020-01-01 to 2099-12-31, such as 2026-11-23"
        )
    return date


def _order_from_file(order_file: str, formulary: "Formulary", dispensing: str | None = None) -> "Order":
    from pathlib import Path

    from stripgen.files import load_dispensing_file, load_order_file
    from stripgen.planning.intake import read_order

    raw = load_order_file(Path(order_file))
    if dispensing is None:
        return read_order(raw, formulary, order_file)
    return read_order(raw | load_dispensing_file(Path(dispensing)), formulary, f"{order_file} with {dispensing}")


def _order_from_options(given: dict[str, Any], formulary: "Formulary") -> "Order":
    from stripgen.answers import QUESTIONS, in_options_words, nest, raw_value
    from stripgen.errors import OrderInvalid
    from stripgen.planning.intake import read_order

    answers = {}
    for question in QUESTIONS:
        values = given.get(question.option.removeprefix("--").replace("-", "_"), ())
        if len(values) > 1 and question.kind != "units":
            raise click.UsageError(f"{question.option} is given {len(values)} times; give it once")
        if values:
            answers[question.path] = raw_value(question.kind, ";".join(values))
    try:
        return read_order(nest(answers), formulary, "command line")
    except OrderInvalid as error:
        raise in_options_words(error) from error
