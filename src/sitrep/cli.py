"""The command line: check tables, extract and link mentions, import and export, test any series, render reports."""

import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from sitrep.wording import listing, plural

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Analytical reports on attacks on US and coalition forces, traceable to the words of their sources.",
)

Data = Annotated[Path, typer.Option(help="folder of the tables")]


@contextmanager
def faults_in_words() -> Iterator[None]:
    """Turn an error that says what is wrong into one line on stderr and an exit code: its own (`render.faults`), or 1."""
    try:
        yield
    except (ValueError, OSError, RuntimeError) as error:
        typer.echo(f"sitrep: {error}", err=True)
        raise typer.Exit(getattr(error, "exit_code", 1)) from None


@app.callback()
def begin() -> None:
    """Asked to end, end as one does that tidies up, and not at once."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


@app.command()
def render(
    names: Annotated[list[str], typer.Argument(help="reports to render: the NAME of reports/NAME.yaml")],
    progress: Annotated[bool, typer.Option(help="show a bar for each notebook")] = True,
    cache: Annotated[bool, typer.Option(help="leave what is unchanged as it is")] = True,
    timeout: Annotated[int, typer.Option(min=1, help="seconds that a cell may take")] = 1800,
) -> None:
    """Render reports: HTML, PDF, the data behind every figure, the executed notebooks and a manifest.

    Exit codes: 1 a parameter or table is refused, 3 a cell failed, 4 the report is being rendered by another process, 5 a
    kernel died or the memory did not suffice, 6 a cell took too long, 7 the report cannot be written, 8 an input cannot be
    read or was changed meanwhile.
    """
    from sitrep.render.cache import unchanged
    from sitrep.root import find_root

    for name in names:
        with faults_in_words():
            messages = unchanged(find_root(), name) if cache else None
            if messages is None:
                from sitrep.render import run  # which takes long to import

                done = run.render(name, progress=progress, use_cache=cache, timeout=timeout)
                messages = done.messages
                what = f"report.html, report.pdf and {len(done.manifest['outputs']) - 2} more files"
                reused = f" ({listing(done.reused)} as executed before)" if done.reused else ""
                told = f"reports/{name}: {what}{reused}"
            else:
                told = f"unchanged: reports/{name} is what its inputs give; nothing was run"
        for message in messages:
            typer.echo(message, err=True)
        typer.echo(told)


@app.command()
def batch(
    files: Annotated[list[str], typer.Argument(help="YAML files of reports or with a matrix, or NAMEs of reports")],
    workers: Annotated[int | None, typer.Option(min=1, help="processes; by default one a processor")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="render only what is missing or out of date")] = False,
    csv: Annotated[Path | None, typer.Option(help="CSV of the outcomes, too")] = None,
    scheduler: Annotated[str | None, typer.Option(help="tcp://HOST:PORT of a Dask scheduler to render on")] = None,
) -> None:
    """Render many reports side by side, such as one for each country and year; exit 1 where one failed."""
    from sitrep.rerun import batch as running
    from sitrep.rerun import cluster

    if scheduler and workers:
        raise typer.BadParameter("a scheduler has workers of its own; give --workers or --scheduler")
    told = 0

    def heard(outcome: running.Outcome) -> None:
        nonlocal told
        told += 1
        if sys.stderr.isatty():
            typer.echo(f"{told:4} {outcome.name}: {outcome.status} ({outcome.seconds:.1f} s)", err=True)

    with faults_in_words():
        if csv is not None and (csv.is_dir() or not csv.parent.is_dir()):
            raise FileNotFoundError(f"{csv}: cannot be written; allowed: a file in a folder that is there")
        renderer = (
            cluster.on_cluster(scheduler)
            if scheduler
            else running.on_this_machine(workers or running.default_workers())
        )
        outcomes = running.batch(files, renderer, resume=resume, heard=heard)
        if csv is not None:
            running.write_table(outcomes, csv)
    for note in running.notes(outcomes):
        typer.echo(note, err=True)
    typer.echo(running.told(outcomes))
    if any(outcome.status == running.FAILED for outcome in outcomes):
        raise typer.Exit(1)


@app.command()
def calibrate(
    names: Annotated[list[str], typer.Argument(help="reports whose tests are measured: the NAME of reports/NAME.yaml")],
) -> None:
    """Measure how often each test cries wolf on a report's own series: some ten minutes of computing, kept for every render."""
    from sitrep import calibrate, parameters
    from sitrep.names import report_yaml
    from sitrep.root import find_root

    for name in names:
        with faults_in_words():
            top = find_root()
            tested = calibrate.measure(parameters.read(report_yaml(name, top)), top)
        typer.echo(f"reports/{name}: {'error rates are measured and kept' if tested else 'nothing is tested in it'}")


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
    exit_code: Annotated[bool, typer.Option("--exit-code", help="exit 9 where anything differs")] = False,
) -> None:
    """Tell what changed between two renders: parameters, inputs, incidents, judgements."""
    import json
    from dataclasses import asdict

    from sitrep.rerun import diff as comparing

    with faults_in_words():
        found = comparing.compare(comparing.read(before), comparing.read(after))
    typer.echo(json.dumps(asdict(found), indent=2, ensure_ascii=False) if as_json else comparing.told(found))
    if exit_code and found:
        raise typer.Exit(9)


@app.command()
def verify(
    name: Annotated[str, typer.Argument(help="the NAME of a rendered report")],
    rerender: Annotated[bool, typer.Option("--rerender", help="render it anew elsewhere and compare bytes")] = False,
) -> None:
    """Check a report against its manifest: outputs, inputs, program; exit 9 and say each difference where there is one."""
    from sitrep.rerun import verify as verifying

    with faults_in_words():
        found = verifying.verify(name)
        if rerender:
            found += verifying.again(name)
    for deviation in found:
        typer.echo(str(deviation))
    if found:
        typer.echo(f"sitrep: reports/{name}: {plural(len(found), 'difference')}", err=True)
        raise typer.Exit(9)
    typer.echo(f"reports/{name}: as its manifest says" + (", and rendered anew to the same bytes" if rerender else ""))


@app.command()
def check(folder: Annotated[Path, typer.Argument(help="folder of the tables")] = Path("data")) -> None:
    """Check every row of the tables and print every fault; exit 1 if there is one."""
    from sitrep.check import check as check_tables
    from sitrep.intake import seeds_folder

    with faults_in_words():
        seeds = seeds_folder(folder.resolve())
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
    file: Annotated[str, typer.Argument(help="table in one of the field's own layouts, or a folder of articles")],
    out: Annotated[Path, typer.Option(help="folder for the tables it becomes")],
    format: Annotated[str, typer.Option(help="ucdp, acled, plain or articles")],
    mapping: Annotated[Path | None, typer.Option(help="YAML that maps the columns of a plain table")] = None,
    country: Annotated[list[str] | None, typer.Option(help="only this country; may be given again")] = None,
    start: Annotated[str | None, typer.Option(help="only from this day on, YYYY-MM-DD")] = None,
    end: Annotated[str | None, typer.Option(help="only up to this day, YYYY-MM-DD")] = None,
    covered: Annotated[
        list[str] | None, typer.Option(help="days that were searched, 2020-01-01:2023-12-31; may be given again")
    ] = None,
    with_: Annotated[Path | None, typer.Option("--with", help="add it to the tables of this folder")] = None,
    report: Annotated[str, typer.Option(help="write reports/NAME.yaml too, ready to render")] = "",
    title: Annotated[str, typer.Option(help="title of that report")] = "",
    encoding: Annotated[
        str, typer.Option(help="how a CSV is written: utf-8, or windows-1252 as by older Excel")
    ] = "utf-8",
    replace: Annotated[bool, typer.Option("--replace", help="replace a folder that an import made")] = False,
    data: Data = Path("data"),
) -> None:
    """Make a data folder of a UCDP GED, ACLED or plain table, or of articles; say what was assumed and not carried."""
    from sitrep import importing

    with faults_in_words():
        chosen = importing.Choice(mapping, country, start, end, tuple(covered or ()), encoding)
        made = importing.read(file, format, with_ or data, chosen, joined=with_ is not None)
        yaml = importing.new_report(report, made, out, title) if report else None
        importing.write(made, out, replace, yaml)
    for line in importing.told(made, file, out):
        typer.echo(line, err=True)
    typer.echo(f"{out}: {made.brought}, {plural(len(made.rejected), 'fault')} in rejected.csv")
    if yaml is not None:
        typer.echo(f"reports/{report}.yaml: written; next: sitrep render {report}")
    if len(made.rejected):
        raise typer.Exit(1)


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="file to write")],
    format: Annotated[str, typer.Option(help="ucdp, acled, geojson or frictionless")],
    data: Data = Path("data"),
    report: Annotated[str, typer.Option(help="only what the report NAME counts, as reports/NAME.yaml says")] = "",
    country: Annotated[list[str] | None, typer.Option(help="only this country; may be given again")] = None,
    start: Annotated[str | None, typer.Option(help="only from this day on, YYYY-MM-DD")] = None,
    end: Annotated[str | None, typer.Option(help="only up to this day, YYYY-MM-DD")] = None,
) -> None:
    """Write incidents, those of new articles included, in one of the field's own layouts; say what it cannot carry."""
    from sitrep import exporting, formats

    with faults_in_words():
        incidents = exporting.incidents(data, report, country, start, end)
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
