"""What stands behind a report: its methods, limits and terms in plain words, how to cite it, and what changed in its data."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from sitrep import intake, words
from sitrep.content import Prose, plain
from sitrep.frequency import BLOCK_DAYS
from sitrep.parameters import Parameters
from sitrep.study import Study, find_root
from sitrep.wording import coded, day, listing, plural

#: Methods that only a report with a series of days has.
_OF_SERIES = ("days", "rates", "official")
#: Methods that only a report with tests has.
_OF_TESTS = ("windows", "placebo", "error", "many", "power", "curve")
#: Terms of tests.
_TEST_TERMS = ("ratio", "p", "placebo", "exploratory", "powerterm", "cluster")
#: Parameters that the title block says in other words.
_SAID = frozenset({"title", "start", "end", "draws", "seed"})


def methods(report: Study) -> Prose:
    """Return what each number of *report* rests on; methods that it does not use are left out."""
    p = report.parameters
    own = words.table()["methods"]
    filled = {
        "linker": own[("by_coder" if report.ours else "by_row") if p.link == "coder" else "by_machine"],
        "countries": listing(p.countries),
        "targets": listing(words.table()["targets"][target] for target in p.targets),
        "statuses": listing(coded(status) for status in p.statuses),
        "thin": words.table()["limits"]["how_missing" if p.thin == "missing" else "how_zero"],
        "interval": own[f"by_{p.interval}"].format(days=BLOCK_DAYS),
        "authority": p.authority,
        "window": p.window,
        "anniversary_window": p.anniversary_window,
        "baseline": p.baseline,
        "seed": p.seed,
        "draws": f"{p.draws:,}",
    }
    left_out = ({*_OF_SERIES} if not report.is_series else set()) | ({*_OF_TESTS} if not report.testable else set())
    left_out |= {"official"} if not p.authority else set()
    left_out |= {"brought"} if report.ours else {"sources"}
    told = {name: pair for name, pair in own.items() if isinstance(pair, list) and name not in left_out}
    return Prose(own["lead"] + "\n\n" + _definitions(told, filled))


def limits(report: Study, titled: bool = False) -> Prose:
    """Return what a reader must know before using a number of *report*, under a title of its own where none stands above."""
    own = words.table()["limits"]
    thin = int((report.level[report.counts.index] == "thin").sum())
    how = own["how_missing" if report.parameters.thin == "missing" else "how_zero"]
    always = (
        [own["reported"], own["convoys"], own["places"]] if report.ours else [own["reported_only"], own["midnight"]]
    )
    of_series = own["census"].format(thin=plural(thin, "day"), days=f"{len(report.counts):,}", how=how)
    lines = [of_series, *always] if report.is_series else [own["articles"], *always]
    lines += [own["tests"]] if report.testable else []
    lines += [plain(sentence) for sentence in report.imported]
    title = f"**{own['title']}**\n\n" if titled else ""
    return Prose(title + "\n".join(f"- {line}" for line in lines), "limits")


def glossary(report: Study) -> Prose:
    """Return the terms that *report* uses, each in one or two sentences."""
    own = words.table()["glossary"]
    left_out = () if report.testable else _TEST_TERMS
    return Prose(_definitions({name: pair for name, pair in own.items() if name not in left_out}, {}))


def citation(report: Study, root: Path | None = None) -> Prose:
    """Return how to cite *report*, under which licence, and the data and parameters that it was made from."""
    top = find_root(root)
    own = words.table()["cite"]
    facts = yaml.safe_load((top / "CITATION.cff").read_text(encoding="utf-8"))
    authors = listing(str(author.get("name") or author.get("family-names")) for author in facts["authors"])
    changed = differing(report.parameters)
    return Prose(
        "\n\n".join(
            [
                own["text"].format(
                    authors=plain(authors),
                    report=plain(report.parameters.title),
                    software=plain(str(facts["title"]).split(":")[0]),
                    version=plain(str(facts["version"])),
                    date=day(report.as_of),
                ),
                own["licence" if report.ours else "licence_own"].format(licence=plain(str(facts["license"]))),
                own["made_from"].format(
                    fingerprint=fingerprint(top, report.parameters.data),
                    parameters=plain(
                        "; ".join(f"{name} = {value}" for name, value in changed.items()) or own["default"]
                    ),
                ),
                own["check"],
            ]
        )
    )


def changes(report: Study, root: Path | None = None) -> Prose:
    """Return what changed in the data from release to release, by their CHANGES.md, and how many cells were corrected."""
    own = words.table()["cite"]
    folder = find_root(root) / report.parameters.data
    file = folder / "CHANGES.md"
    parts = [_below_title(file.read_text(encoding="utf-8")) if file.is_file() else own["none"]]
    corrected = corrections(folder)
    if corrected:
        cells, rows = len(corrected), len({row[:2] for row in corrected})
        name = f"{report.parameters.data}/CORRECTIONS.md"
        parts.append(own["corrections"].format(cells=plural(cells, "cell"), rows=plural(rows, "row"), file=f"`{name}`"))
    return Prose("\n\n".join(parts))


def corrections(folder: Path) -> list[tuple[str, ...]]:
    """Return the corrected cells that CORRECTIONS.md in *folder* lists: file, id, column, was, is, why; none without it."""
    file = folder / "CORRECTIONS.md"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    rows = [tuple(part.strip() for part in line.strip("|").split("|")) for line in lines if line.startswith("| `")]
    return [row for row in rows if len(row) == 6]


def differing(parameters: Parameters) -> dict[str, str]:
    """Return the parameters that differ from their default, in words; those that the title block says apart are left out."""
    defaults = Parameters()
    return {
        name: _brief(getattr(parameters, name))
        for name in Parameters.model_fields
        if name not in _SAID and getattr(parameters, name) != getattr(defaults, name)
    }


def fingerprint(top: Path, data: str = "data") -> str:
    """Return one SHA-256 for all that a report's numbers are made from: tables, lexicon and articles.

    It is the hash of the lines "HASH  PATH" of these files, paths from *top*, sorted.
    """
    folder = top / data
    files = [
        *folder.glob("*.csv"),
        *intake.lexicon_folder(folder).glob("*.csv"),
        *intake.seeds_folder(folder).glob("*"),
    ]
    names = sorted({path.relative_to(top).as_posix(): path for path in files if path.is_file()}.items())
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n" for name, path in names]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _definitions(pairs: Mapping[str, Sequence[str]], filled: Mapping[str, object]) -> str:
    return "\n".join(f"- **{label}.** {text.format(**filled)}" for label, text in pairs.values())


def _below_title(markdown: str) -> str:
    """Return *markdown* without its title, its headings as bold lines: it stands below a heading of the report."""
    text = re.sub(r"\A# .*\n+", "", markdown)
    return re.sub(r"^#+ (.*)$", r"**\1**", text, flags=re.M).strip()


def _brief(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) if len(value) <= 4 else f"{len(value)} values"
    return str(value)
