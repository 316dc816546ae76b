"""What stands above a report: title, period, what came in, what differs from the default, how confidence is stated."""

from typing import Any

import pandas as pd

from sitrep import words
from sitrep.colophon import differing
from sitrep.parameters import Parameters
from sitrep.study import Study
from sitrep.wording import day, listing, plural, span


def title_block(parameters: Parameters, report: Study) -> dict[str, Any]:
    """Return what exporters know of the document as a whole; ``facts`` are pairs of a label and its words."""
    own = words.table()["title"]
    last = report.as_of
    changed = "; ".join(f"{name} = {value}" for name, value in differing(parameters).items())
    if parameters.scope == "seeds":
        came_from = own["articles"].format(articles=plural(len(report.intake.articles), "article"))
    else:
        came_from = own["chronology" if report.ours else "tables"].format(folder=parameters.data)
    targets = listing(words.table()["targets"][target] for target in parameters.targets)
    facts = [
        [own["period"], span(pd.Timestamp(parameters.start), pd.Timestamp(parameters.end))],
        [
            own["read_from"],
            own["came_in"].format(
                source=came_from,
                mentions=plural(len(report.mentions), "mention"),
                incidents=plural(len(report.incidents), "incident"),
            ),
        ],
        [
            own["shown"],
            own["attacks" if report.ours else "attacks_any"].format(
                attacks=plural(len(report.shown), "attack"), targets=targets
            ),
        ],
        [own["as_of"], day(last)],
        [own["parameters"], changed or own["default"]],
        [own["confidence"], own["legend" if report.is_series else "legend_counts"]],
    ]
    return {
        "title": parameters.title,
        "subtitle": own["subtitle" if report.testable or not report.is_series else "subtitle_counts"],
        "lang": words.COMPLETE,
        "date": last.date().isoformat(),
        "audience": parameters.audience,
        "licence": own["licence" if report.ours else "licence_own"],
        "facts": facts,
    }
