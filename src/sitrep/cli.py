"""The command line: check the tables, extract and link mentions, import and export, render reports."""

from pathlib import Path
from typing import Annotated

import typer

from sitrep.wording import plural

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Analytical reports on attacks on US and coalition forces, traceable to the words of their sources.",
)


def fail(message: object) -> typer.Exit:
    """Say why on stderr and leave with exit code 1."""
    typer.echo(f"sitrep: {message}", err=True)
    return typer.Exit(1)


@app.command()
def render(
    names: Annotated[list[str], typer.Argument(help="reports to render: the NAME of reports/NAME.yaml")],
    progress: Annotated[bool, typer.Option(help="show a bar for each notebook")] = True,
) -> None:
    """Render reports: HTML, PDF, the data behind every figure, the executed notebooks and a manifest."""
    from sitrep.parameters import ParameterError
    from sitrep.render import run

    for name in names:
        try:
            done = run.render(name, progress=progress)
        except (ParameterError, run.RenderError, FileNotFoundError) as error:
            raise fail(error) from None
        typer.echo(f"reports/{name}: report.html, report.pdf and {len(done.manifest['outputs']) - 2} more files")


@app.command()
def check(folder: Annotated[Path, typer.Argument(help="folder of the tables")] = Path("data")) -> None:
    """Check every row of the tables and print every fault; exit 1 if there is one."""
    from sitrep.check import check as check_tables

    seeds = folder.resolve().parent / "seeds"
    faults = check_tables(folder, seeds if seeds.is_dir() else None)
    for fault in faults:
        typer.echo(str(fault))
    if faults:
        raise fail(f"{folder}: {plural(len(faults), 'fault')}")
    typer.echo(f"{folder}: no fault")
