"""The parameters of a report as widgets in JupyterLab, with the main figures redrawn at every change."""

import html
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, get_args

import ipywidgets as widgets
import yaml
from IPython.display import Markdown, display

from sitrep import examine, frequency, narrative, study, tables
from sitrep.charts import drawn
from sitrep.charts import frequency as charts
from sitrep.content import Figure, Prose, Table, plain
from sitrep.parameters import ParameterError, Parameters, allowed, validate

#: The controls by what they are about; the tests' last, for they move no figure but that of the tests.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "What is shown": (
        "start",
        "end",
        "countries",
        "targets",
        "statuses",
        "places",
        "weapons",
        "scope",
        "link",
        "focus",
    ),
    "How it is counted": ("thin", "interval", "authority", "draws", "seed"),
    "What is tested": (
        *("anniversary", "anniversary_window", "window", "baseline"),
        *("events", "confirmatory", "own_events"),
    ),
}
#: Lists with at most so many choices show them all; longer ones are typed, with completion.
FEW = 6
WIDE = widgets.Layout(width="98%")
STYLE = {"description_width": "10em"}


class Explorer:
    """Controls for the parameters, the figures they give, and a message where they cannot be.

    Parameters
    ----------
    parameters
        Where to start from.
    root
        A folder in the project; by default the one that the notebook runs in.

    Attributes
    ----------
    controls
        The widget of each parameter that can be set, by its name.
    examined
        The switch for the tests, which take longer.
    shown
        What is drawn now.
    fault
        What is wrong with the controls as they stand; empty where nothing is.
    """

    def __init__(self, parameters: Parameters, root: Path | None = None) -> None:
        self.root = study.find_root(root)
        self.parameters = parameters
        known = study.known_names(tables.read(self.root / parameters.data))
        names = [name for group in GROUPS.values() for name in group if name in Parameters.model_fields]
        self.controls = {name: _control(name, getattr(parameters, name), known.get(name)) for name in names}
        self.examined = widgets.Checkbox(False, description="Examine the dates too (takes longer)", indent=False)
        self.shown: list[Figure | Table | Prose] = []
        self.fault = ""
        self._message = widgets.HTML()
        self._figures = widgets.Output()
        self._yaml = widgets.HTML()
        for control in [*self.controls.values(), self.examined]:
            control.observe(lambda change: self.redraw(), names="value")
        self.redraw()

    @property
    def widget(self) -> widgets.Widget:
        """All of it, to be displayed."""
        pages = [
            widgets.VBox([_labelled(name, self.controls[name]) for name in group if name in self.controls])
            for group in GROUPS.values()
        ]
        groups = widgets.Accordion([*pages, self._yaml], titles=(*GROUPS, "As a report's YAML"), selected_index=0)
        left = widgets.VBox([groups, self.examined], layout=widgets.Layout(width="28em", flex="0 0 auto"))
        # beside the controls where there is room for a whole figure, else below them
        shown = widgets.Layout(flex="1 1 660px", min_width="0", overflow="auto")
        right = widgets.VBox([self._message, self._figures], layout=shown)
        return widgets.HBox([left, right], layout=widgets.Layout(flex_flow="row wrap"))

    def values(self) -> dict[str, Any]:
        """Return the parameters as the controls stand, valid or not."""
        return dict(self.parameters) | {name: _value(control.value) for name, control in self.controls.items()}

    def redraw(self) -> None:
        """Draw what the controls say; where they say something impossible, tell so and leave the figures as they are."""
        self._message.value = "<p role='status'>Drawing …</p>"
        try:
            chosen = validate(self.values(), "these parameters", root=self.root)
            report = study.load(chosen, self.root)
            shown = figures(report, self.examined.value)
        except (ParameterError, ValueError, OSError) as error:
            self.fault = str(error)
            self._message.value = _alert(self.fault)
            return
        self.fault, self.parameters, self.shown = "", chosen, shown
        self._message.value = ""
        self._yaml.value = f"<pre>{html.escape(as_yaml(chosen))}</pre>"
        with self._figures:
            self._figures.clear_output(wait=True)
            for item in shown:
                if isinstance(item, Figure):  # its message, which the report sets above it
                    display(Markdown(f"**{plain(item.title)}**"))
                display(item)


def figures(report: study.Study, examined: bool) -> list[Figure | Table | Prose]:
    """Return the main figures of a report: how often, where, with what; with *examined* the tests, too."""
    shown = report.shown
    by_site = frequency.by_site(shown, report.tables.places, report.level[report.counts.index])
    found: list[Figure | Table | Prose] = [
        narrative.counted(report),
        drawn(charts.monthly, shown, report.counts, report.level),
        drawn(charts.sites, by_site, rates=report.is_series),
        drawn(charts.site_map, shown),
        drawn(charts.weapons, frequency.weapon_mix(shown, "Q" if len(report.counts) > 550 else "M")),
    ]
    if examined and report.testable:
        tests = examine.examine(report)
        found += [narrative.escalation_overview(tests), narrative.events_figure(tests.results)]
    elif examined:
        found.append(narrative.why_no_tests(report))
    return found


def as_yaml(parameters: Parameters) -> str:
    """Return what differs from the defaults as the YAML of a report."""
    given = {
        name: getattr(parameters, name)
        for name, item in Parameters.model_fields.items()
        if name == "title" or getattr(parameters, name) != item.default
    }
    if "events" in given:  # else it would be cut to the events chosen, where the YAML leaves it out
        given["confirmatory"] = parameters.confirmatory
    return yaml.safe_dump(given, sort_keys=False, allow_unicode=True, width=100)


def _control(name: str, value: Any, known: Mapping[str, str] | None) -> Any:
    """The widget for one parameter: what it may be decides which."""
    item = Parameters.model_fields[name]
    told = {
        "description": name,
        "tooltip": f"{item.description}. Allowed: {allowed(name)}.",
        "style": STYLE,
        "layout": WIDE,
    }
    choices: list[str] = [str(choice) for choice in get_args(item.annotation)] if not known else list(known)
    if isinstance(item.default, list):
        inner = get_args(item.annotation)[0]
        choices = choices if known else [str(choice) for choice in get_args(inner)]
        if len(choices) <= FEW:
            return widgets.SelectMultiple(options=choices, value=value, rows=len(choices), **told)
        return widgets.TagsInput(
            value=value, allowed_tags=choices, allow_duplicates=False, placeholder="type to add", layout=WIDE
        )
    if name in ("start", "end"):
        return widgets.DatePicker(value=date.fromisoformat(value), **told)
    if item.annotation is int:
        low = next((part.ge for part in item.metadata if hasattr(part, "ge")), 0)
        high = next((part.le for part in item.metadata if hasattr(part, "le")), 2**31 - 1)
        return widgets.BoundedIntText(value=value, min=low, max=high, continuous_update=False, **told)
    if known:
        return widgets.Combobox(value=value, options=choices, continuous_update=False, **told)
    if choices:
        return widgets.Dropdown(options=choices, value=value, **told)
    return widgets.Text(value=value, continuous_update=False, **told)


def _labelled(name: str, control: Any) -> Any:
    """The control under a line that names it, where it has no label of its own."""
    if not isinstance(control, widgets.TagsInput):
        return control
    return widgets.VBox([widgets.Label(f"{name}: {Parameters.model_fields[name].description}"), control], layout=WIDE)


def _value(value: Any) -> Any:
    """A widget's value as a parameter has it."""
    if isinstance(value, tuple):
        return list(value)
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else value


def _alert(fault: str) -> str:
    lines = "<br>".join(html.escape(line.strip()) for line in fault.splitlines())
    return (
        "<div role='alert' style='border-left: 4px solid #b3261e; padding: 0.5em 1em; margin: 0.5em 0'>"
        f"{lines}<br>The figures are still those of the last parameters that fit.</div>"
    )
