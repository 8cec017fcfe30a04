"""`verify`: whether papers say what was approved."""

import click

from stripgen.commands.screen import say


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())
@click.option(
    "--trust", metavar="FILE", multiple=True, help="Certificates that signatures must be by (PEM); once for each file."
)
def verify(files: tuple[str, ...], trust: tuple[str, ...]) -> None:
    """Read finished papers as a person does, and compare them with their order.

    Each page, label, code and cell is read back, the plan is found a second time from the order that the papers carry,
    and every difference is told. Of a signed strip plan it says who signed, when, with which certificate, and what was
    changed since. A check form and an
    alignment page carry no plan, and are passed over. Exit code 0: nothing differs; 7: something does;
    3: a file is no paper of stripgen.

    \b
    Examples:
      stripgen verify out/WSJ6-QACZ-strip-plan.pdf
      stripgen verify out/*.pdf out/*.xlsx
    """
    import gc
    from pathlib import Path

    from stripgen.files import load_key_file
    from stripgen.proof import open_verifiable, verify_opened

    gc.disable()  # to look through a million small values again and again takes a quarter of the time
    papers, passed = open_verifiable(files)
    report = verify_opened(papers, [load_key_file(Path(file), "--trust") for file in trust])
    for line in (*passed, *report.checked):
        say(line)
    report.refuse_differences()
    say(f"verified: plan {papers[0].plan['plan_id']}")
