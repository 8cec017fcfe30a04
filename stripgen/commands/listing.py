"""`drugs`, `stocks`, `profiles` and `scan`: what stripgen knows, and what a code says."""

import click

from stripgen.commands.screen import say, screen_words


@click.command()
@click.argument("drug_name", metavar="[DRUG]", required=False)
def drugs(drug_name: str | None) -> None:
    """List the drugs, or show one drug's facts, curves and sources, and where its curves disagree.

    \b
    Examples:
      stripgen drugs
      stripgen drugs citalopram
    """
    from stripgen.files import load_formulary
    from stripgen.planning.curve_comparison import compare_curves
    from stripgen.rendering.drug_list import render_drug, render_drug_list

    formulary = load_formulary()
    if drug_name is None:
        say(render_drug_list(formulary))
        return
    if drug_name not in formulary.drugs:
        raise click.UsageError(f"{drug_name!r} is not in the formulary; one of {', '.join(formulary.drugs)}")
    drug, curves = formulary.drugs[drug_name], formulary.curves_of(drug_name)
    say(render_drug(drug, curves, compare_curves(drug, curves)))


@click.command()
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

    from stripgen.answers.options import label_paper
    from stripgen.files import load_stock, load_stocks, write_files
    from stripgen.rendering.stock_list import render_stocks

    if align is None:
        if offset_mm is not None:
            raise click.UsageError("--offset-mm moves an alignment page; give --align ID, too")
        say(render_stocks([load_stock(stock_name, "stocks")] if stock_name else load_stocks()))
        return
    if stock_name is not None:
        raise click.UsageError(f"{stock_name!r} and --align exclude each other; give one of the two")

    from stripgen.rendering.strip_plan.alignment import render_alignment

    labels = label_paper(load_stock(align, "--align"), None, offset_mm)
    page = render_alignment(labels, screen_words("letters"), dt.date.today())  # noqa: DTZ011 - the pharmacy's own calendar day
    for path in write_files(Path(out), {f"{labels.stock.id}-alignment.pdf": page}, force=force):
        say(path)


@click.command()
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
        say(render_profiles(load_profiles()))
    else:
        say(render_profile(load_profile(profile_name, "profiles")))


@click.command()
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

    say(render_scanned(read_code(scanned), screen_words()))
