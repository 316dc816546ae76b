"""The command line: check tables, extract and link mentions, import and export, test any series, render reports."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
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

Data = Annotated[Path, typer.Option(help="folder of the tables")]


@contextmanager
def faults_in_words() -> Iterator[None]:
    """Turn an error that says what is wrong with the input into one line on stderr and exit code 1."""
    try:
        yield
    except (ValueError, OSError, RuntimeError) as error:
        typer.echo(f"sitrep: {error}", err=True)
        raise typer.Exit(1) from None


@app.command()
def render(
    names: Annotated[list[str], typer.Argument(help="reports to render: the NAME of reports/NAME.yaml")],
    progress: Annotated[bool, typer.Option(help="show a bar for each notebook")] = True,
) -> None:
    """Render reports: HTML, PDF, the data behind every figure, the executed notebooks and a manifest."""
    from sitrep.render import run

    for name in names:
        with faults_in_words():
            done = run.render(name, progress=progress)
        for message in done.messages:
            typer.echo(message, err=True)
        typer.echo(f"reports/{name}: report.html, report.pdf and {len(done.manifest['outputs']) - 2} more files")


@app.command()
def params(
    schema: Annotated[bool, typer.Option("--schema", help="as JSON Schema, for editors")] = False,
    cell: Annotated[bool, typer.Option("--cell", help="as the notebooks' parameters cell")] = False,
) -> None:
    """Print the parameters of a report: name, type, default, what is allowed, meaning."""
    from sitrep import parameters, study
    from sitrep.rerun import explain

    if cell:
        typer.echo(parameters.cell())
    elif schema:
        with faults_in_words():
            text = explain.schema(study.find_root() / "data")
        typer.echo(text, nl=False)
    else:
        typer.echo(explain.table(width=max(80, shutil.get_terminal_size((120, 24)).columns)))


@app.command()
def new(name: Annotated[str, typer.Argument(help="the NAME of the new reports/NAME.yaml")]) -> None:
    """Write reports/NAME.yaml to start from: every parameter with its default and meaning."""
    from sitrep.rerun import explain

    with faults_in_words():
        path = explain.new(name)
    typer.echo(f"reports/{path.name}: written; change what you like, then: sitrep render {name}")


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help="a report's NAME, or the folder or manifest.json of a render")],
    after: Annotated[str, typer.Argument(help="the other")],
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="exit 3 where anything differs")] = False,
) -> None:
    """Tell what changed between two renders: parameters, inputs, incidents, judgements."""
    import json
    from dataclasses import asdict

    from sitrep.rerun import diff as comparing

    with faults_in_words():
        found = comparing.compare(comparing.read(before), comparing.read(after))
    typer.echo(json.dumps(asdict(found), indent=2, ensure_ascii=False) if as_json else comparing.told(found))
    if exit_code and found:
        raise typer.Exit(3)


@app.command()
def verify(
    name: Annotated[str, typer.Argument(help="the NAME of a rendered report")],
    rerender: Annotated[bool, typer.Option("--rerender", help="render it anew elsewhere and compare bytes")] = False,
) -> None:
    """Check a report against its manifest: outputs, inputs, program; exit 3 and say each difference where there is one."""
    from sitrep.rerun import verify as verifying

    with faults_in_words():
        found = verifying.verify(name)
        if rerender:
            found += verifying.again(name)
    for deviation in found:
        typer.echo(str(deviation))
    if found:
        typer.echo(f"sitrep: reports/{name}: {plural(len(found), 'difference')}", err=True)
        raise typer.Exit(3)
    typer.echo(f"reports/{name}: as its manifest says" + (", and rendered anew to the same bytes" if rerender else ""))


@app.command()
def check(folder: Annotated[Path, typer.Argument(help="folder of the tables")] = Path("data")) -> None:
    """Check every row of the tables and print every fault; exit 1 if there is one."""
    from sitrep.check import check as check_tables

    with faults_in_words():
        seeds = folder.resolve().parent / "seeds"
        faults = check_tables(folder, seeds if seeds.is_dir() else None)
    for fault in faults:
        typer.echo(str(fault))
    if faults:
        typer.echo(f"sitrep: {folder}: {plural(len(faults), 'fault')}", err=True)
        raise typer.Exit(1)
    typer.echo(f"{folder}: no fault")


@app.command()
def extract(
    paths: Annotated[list[str], typer.Argument(help="articles: files, folders or patterns (.txt, .html)")],
    out: Annotated[Path | None, typer.Option(help="CSV of the mentions, with spans and rules")] = None,
    rejected: Annotated[Path | None, typer.Option(help="CSV of what was set aside, with reasons")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="print what was read from where")] = False,
    data: Data = Path("data"),
) -> None:
    """Read articles and write the attacks they tell of, each value with the words that carry it."""
    from sitrep import tables
    from sitrep.articles import read_articles
    from sitrep.extract import explain as explained
    from sitrep.extract import extract_articles
    from sitrep.formats.export import write_csv
    from sitrep.intake import gazetteer_of, lexicon_folder
    from sitrep.phrases import Lexicon

    with faults_in_words():
        for path in (out, rejected):
            if path is not None and not path.parent.is_dir():
                raise FileNotFoundError(
                    f"{path}: found no folder {path.parent}; allowed: a file in a folder that is there"
                )
        words = lexicon_folder(data)
        lexicon = Lexicon.read(words)
        gazetteer = gazetteer_of(tables.read_table("places", data / "places.csv"), words)
        articles = read_articles(paths, lexicon)
        found = extract_articles(articles, gazetteer, lexicon)
        for message in found.messages:
            typer.echo(message, err=True)
        if explain:
            typer.echo("\n\n".join(explained(article, found) for article in articles))
        if out is not None:
            write_csv(found.mentions, out)
        if rejected is not None:
            write_csv(found.rejected, rejected)
    typer.echo(
        f"{plural(len(articles), 'article')}: {plural(len(found.mentions), 'mention')}, "
        f"{plural(len(found.rejected), 'passage')} set aside",
        err=True,
    )


@app.command()
def link(
    mentions: Annotated[Path, typer.Argument(help="CSV of mentions, as `sitrep extract` or data/mentions.csv have it")],
    out: Annotated[Path, typer.Option(help="CSV of mention_id, incident_id, score, reasons, review")],
    data: Data = Path("data"),
) -> None:
    """Link mentions that tell of the same attack into incidents, each link with its reasons."""
    from sitrep import tables
    from sitrep.intake import gazetteer_of, lexicon_folder
    from sitrep.linking import link_csv

    with faults_in_words():
        gazetteer = gazetteer_of(tables.read_table("places", data / "places.csv"), lexicon_folder(data))
        links = link_csv(mentions, out, data, gazetteer)
    incidents = links.links["incident_id"].nunique()
    typer.echo(
        f"{out}: {plural(len(links.links), 'mention')} in {plural(incidents, 'incident')}, "
        f"{plural(len(links.pairs), 'pair')} of mentions under review"
    )


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="table in one of the field's own layouts")],
    out: Annotated[Path, typer.Option(help="folder for the tables it becomes")],
    format: Annotated[str, typer.Option(help="ucdp, acled or plain")],
    mapping: Annotated[Path | None, typer.Option(help="YAML that maps the columns of a plain CSV")] = None,
    country: Annotated[list[str] | None, typer.Option(help="only this country; may be given again")] = None,
    start: Annotated[str | None, typer.Option(help="only from this day on, YYYY-MM-DD")] = None,
    end: Annotated[str | None, typer.Option(help="only up to this day, YYYY-MM-DD")] = None,
    data: Data = Path("data"),
) -> None:
    """Turn a UCDP GED, ACLED or plain CSV into tables of ours; say what could not be carried."""
    from sitrep import formats, tables
    from sitrep.intake import gazetteer_of, lexicon_folder

    with faults_in_words():
        places = tables.read_table("places", data / "places.csv")
        resolve = gazetteer_of(places, lexicon_folder(data)).resolve
        done = formats.read(file, format, mapping, country, start, end, places=places, resolve=resolve)
        done.save(out)
    for loss in done.losses:
        typer.echo(f"not carried: {loss}", err=True)
    typer.echo(f"{out}: {plural(len(done.mentions), 'mention')}, {plural(len(done.rejected), 'fault')} in rejected.csv")
    if len(done.rejected):
        raise typer.Exit(1)


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="file to write")],
    format: Annotated[str, typer.Option(help="ucdp, acled, geojson or frictionless")],
    data: Data = Path("data"),
) -> None:
    """Write all incidents in one of the field's own layouts; say what it cannot carry."""
    from sitrep import formats, reconcile, tables

    with faults_in_words():
        read = tables.read(data)
        incidents = reconcile.reconcile(read.mentions, read.sources, read.places, read.actors)
        losses = formats.write(incidents, out, format)
    for loss in losses:
        typer.echo(f"not carried: {loss}", err=True)
    typer.echo(f"{out}: written as {format} from {plural(len(incidents), 'incident')}")


@app.command()
def escalate(
    counts: Annotated[Path, typer.Argument(help="CSV with the columns date and count: one row a day")],
    events: Annotated[Path, typer.Option(help="CSV or YAML with event_id and date, and perhaps recurrence")],
    out: Annotated[Path, typer.Option(help="CSV of the results, one row an event and method")],
    window: Annotated[int, typer.Option(help="days after an event, its own day included")] = 7,
    baseline: Annotated[int, typer.Option(help="days before it")] = 28,
    draws: Annotated[int, typer.Option(help="at most so many shifted sets of dates for the pooled test")] = 9999,
    seed: Annotated[int, typer.Option(help="seed of every random draw")] = 1,
) -> None:
    """Test any daily counts around any dates; needs no other table."""
    from sitrep.escalation.any_series import escalate as test_events
    from sitrep.formats.export import write_csv

    with faults_in_words():
        results = test_events(counts, events, window, baseline, draws, seed)
        write_csv(results, out)
    typer.echo(f"{out}: {plural(len(results), 'result')}")


@app.command()
def codebook(folder: Annotated[Path, typer.Argument(help="folder of the tables")] = Path("data")) -> None:
    """Regenerate the code book and the data package from the declared tables."""
    from sitrep.codebook import write_codebook

    with faults_in_words():
        for path in write_codebook(folder):
            typer.echo(str(path))
