"""The tables a reader sees: what came in, what was left out and why, incidents, mentions side by side."""

import pandas as pd

from sitrep.content import Prose, Table
from sitrep.parameters import Parameters
from sitrep.reconcile import QUANTITIES
from sitrep.wording import coded, day, low_high, number, plural, span


def stages(incidents: pd.DataFrame, mentions: pd.DataFrame, selected: pd.DataFrame, shown: pd.DataFrame) -> Table:
    """From sources to the incidents shown: how many came in and how many each step kept."""
    rows = [
        ("sources read", mentions["source_id"].nunique(), "documents with at least one mention"),
        ("mentions", len(mentions), "what one source says about one attack"),
        ("incidents", len(incidents), "one attack at one site in one continuous episode"),
        ("incidents that count", len(selected), "after the report's choice of countries, targets and statuses"),
        ("incidents shown", len(shown), "of these, on the days the report shows"),
    ]
    frame = pd.DataFrame(rows, columns=["step", "rows", "meaning"])
    labels = {"step": "Step", "rows": "Number", "meaning": "What it is"}
    frame["rows"] = frame["rows"].map(number)
    return Table("tab-stages", "From sources to the incidents shown", frame, labels=labels, align={"rows": "right"})


def left_out(incidents: pd.DataFrame, parameters: Parameters, shown: pd.DataFrame) -> Table:
    """Incidents that the report does not count, each with the first reason that applies."""
    reasons = left_out_reasons(incidents, parameters, shown)
    counted = reasons.value_counts()
    frame = counted.rename_axis("reason").reset_index(name="incidents")
    full = incidents.loc[reasons.index, ["incident_id", "date", "place_id", "status"]].assign(reason=reasons)
    total = f"{plural(len(reasons), 'incident')} left out of the count, and why"
    caption = (
        "The first reason that applies, in the order of the parameters. The list itself is in the data of this table."
    )
    labels = {"reason": "Reason", "incidents": "Incidents"}
    return Table("tab-left-out", total, frame, caption, labels, full=full)


def left_out_reasons(incidents: pd.DataFrame, parameters: Parameters, shown: pd.DataFrame) -> pd.Series:
    """Return, for each incident that is not shown, the first reason why, by the index of *incidents*."""
    out = incidents[~incidents["incident_id"].isin(shown["incident_id"])]
    reason = pd.Series("outside the days shown", index=out.index, dtype="str")
    if parameters.weapons:
        used = (
            out["weapon"].fillna("unknown").str.split("|").map(lambda parts: bool(set(parts) & set(parameters.weapons)))
        )
        reason = reason.mask(~used, "weapon not chosen")
    if parameters.places:
        reason = reason.mask(~out["place_id"].isin(parameters.places), "site not chosen")
    kinds = {"convoy": "road convoy: a sample, shown apart", "other": "not a base or diplomatic site"}
    for target in out["target"].unique():
        if target not in parameters.targets:
            reason = reason.mask(out["target"] == target, kinds.get(target, f"target not chosen: {coded(target)}"))
    reason = reason.mask(~out["country"].isin(parameters.countries), "country not chosen")
    for status in out["status"].unique():
        if status not in parameters.statuses:
            reason = reason.mask(out["status"] == status, f"status not chosen: {coded(status)}")
    return reason


def incidents(frame: pd.DataFrame, name: str = "tab-incidents", title: str | None = None) -> Table:
    """Every incident on one line."""
    rows = pd.DataFrame(
        {
            "date": [day(d) for d in frame["date"]],
            "place": frame["place_name"].to_numpy(),
            "weapon": [coded(w) for w in frame["weapon"]],
            "munitions": [
                low_high(lo, hi) for lo, hi in zip(frame["munitions_low"], frame["munitions_high"], strict=True)
            ],
            "killed": [low_high(lo, hi) for lo, hi in zip(frame["deaths_low"], frame["deaths_high"], strict=True)],
            "injured": [low_high(lo, hi) for lo, hi in zip(frame["injured_low"], frame["injured_high"], strict=True)],
            "claimed": [coded(c) for c in frame["claimed_by"]],
            "status": [coded(s) for s in frame["status"]],
            "publishers": frame["publishers"].to_numpy(),
        }
    )
    labels = {
        "date": "Day",
        "place": "Site",
        "weapon": "Weapon",
        "munitions": "Munitions",
        "killed": "Killed",
        "injured": "Injured",
        "claimed": "Claimed by",
        "status": "Status",
        "publishers": "Publishers",
    }
    caption = (
        "Munitions, killed and injured as lowest to highest statement; an en dash is not stated, which is not zero. Killed and "
        "injured on the attacked side. Publishers are not independent sources: many carry the same agency copy."
    )
    align = dict.fromkeys(("munitions", "killed", "injured", "publishers"), "right")
    return Table(name, title or f"{plural(len(frame), 'incident')}", rows, caption, labels, align, full=frame)


def side_by_side(
    frame: pd.DataFrame, mentions: pd.DataFrame, sources: pd.DataFrame, name: str, title: str, caption: str = ""
) -> Table:
    """The mentions of the incidents in *frame*, each source beside the others, with its own words and numbers."""
    told = [
        (incident, mention)
        for incident, ids in zip(frame["incident_id"], frame["mention_ids"], strict=True)
        for mention in ids.split("|")
    ]
    pairs = pd.DataFrame(told, columns=["incident_id", "mention_id"])
    full = pairs.merge(mentions.drop(columns="incident_id"), on="mention_id").merge(sources, on="source_id")
    full = full.sort_values(["incident_id", "published", "mention_id"], ignore_index=True)
    where = frame.set_index("incident_id")["place_name"]
    rows = pd.DataFrame(
        {
            "incident": [f"{day(pd.Timestamp(i[:8]))}, {where[i]}" for i in full["incident_id"]],
            "publisher": full["publisher"],
            "url": full["url"],
            "stance": [coded(stance) for stance in full["stance"]],
            "dates": [span(a, b) for a, b in zip(full["date_start"], full["date_end"], strict=True)],
            "place": [f"“{text}”" if isinstance(text, str) else "–" for text in full["place_name"]],
            "numbers": [stated(row) for row in full.to_dict("records")],
            "claimed": [coded(text) for text in full["claimed_by"]],
            "note": full["note"],
        }
    )
    labels = {
        "incident": "Incident",
        "publisher": "Publisher",
        "stance": "Stance",
        "dates": "Date it gives",
        "place": "Place in its words",
        "numbers": "What it states",
        "claimed": "Claimed by",
        "note": "Coder's note",
    }
    return Table(name, title, rows, caption, labels, link={"publisher": "url"}, full=full)


def stated(mention: dict[str, object]) -> str:
    """What one mention states in numbers, with the weapon: "14 × rocket; 2 injured"."""
    weapon = coded(mention["weapon"])
    munitions = low_high(mention["munitions_low"], mention["munitions_high"])
    parts = [weapon if munitions == "–" else f"{munitions} × {weapon}"]
    for column, word in (
        ("deaths", "killed"),
        ("injured", "injured"),
        ("us_deaths", "US killed"),
        ("us_injured", "US injured"),
    ):
        if not pd.isna(mention[column]):  # type: ignore[call-overload]
            parts.append(f"{mention[column]} {word}")
    return "; ".join(parts)


def disagreeing(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the incidents whose sources state different numbers, most different first."""
    gap = pd.Series(0.0, index=frame.index)
    for quantity in QUANTITIES:
        low, high = frame[f"{quantity}_low"], frame[f"{quantity}_high"]
        gap = gap.combine((high - low).astype("Float64").fillna(0).astype(float), max)
    return frame.loc[gap[gap > 0].sort_values(ascending=False, kind="stable").index]


def coverage(table: pd.DataFrame) -> Table:
    """The coverage table in words."""
    rows = pd.DataFrame(
        {
            "period": [span(a, b) for a, b in zip(table["date_start"], table["date_end"], strict=True)],
            "level": table["level"],
            "why": table["why"],
        }
    )
    labels = {"period": "Period", "level": "Coverage", "why": "Why"}
    return Table("tab-coverage", "How well each period is covered", rows, labels=labels)


def sites(table: pd.DataFrame) -> Table:
    """Attacks per site, raw and per year held; *table* is `frequency.by_site`."""
    rows = pd.DataFrame(
        {
            "site": table["place_name"],
            "country": table["country"],
            "incidents": [number(v) for v in table["incidents"]],
            "until": ["–" if pd.isna(d) else day(d) for d in table["us_until"]],
            "held": [number(v) for v in table["held_incidents"]],
            "days": [number(v) for v in table["held_days"]],
            "rate": [number(v, 1) for v in table["per_held_year"]],
        }
    )
    labels = {
        "site": "Site",
        "country": "Country",
        "incidents": "Attacks shown",
        "until": "US forces left",
        "held": "Attacks while held, known days",
        "days": "Known days held",
        "rate": "Per year held",
    }
    align = dict.fromkeys(("incidents", "held", "days", "rate"), "right")
    caption = (
        "Departure dates are known only where an event row gives one; for the other sites US forces are taken to have stayed. "
        "Attacks after a departure (on Iraqi forces, or on what stayed behind) count in the raw column only."
    )
    return Table(
        "tab-sites", "Attacks per site, and per year held by US forces", rows, caption, labels, align, full=table
    )


def contested(frame: pd.DataFrame, mentions: pd.DataFrame, sources: pd.DataFrame) -> Table | Prose:
    """Incidents that somebody denies, each with what every source says."""
    chosen = frame[frame["status"].isin(["contested", "denied"])]
    if chosen.empty:
        return Prose("No incident in scope is denied by anybody.", "notice")
    title = f"{plural(len(chosen), 'incident')} that an authority or another source denies"
    caption = "Every mention of each, in order of publication. Quotation marks: the source's own words for the place."
    return side_by_side(chosen, mentions, sources, "tab-contested", title, caption)


def differing(frame: pd.DataFrame, mentions: pd.DataFrame, sources: pd.DataFrame, most: int = 8) -> Table | Prose:
    """The incidents on whose numbers the sources differ most, each with what every source states."""
    chosen = disagreeing(frame)
    if chosen.empty:
        return Prose("No two sources in scope state different numbers for the same incident.", "notice")
    title = f"{plural(len(chosen), 'incident')} with differing numbers"
    if len(chosen) > most:
        title += f"; the {most} with the widest gap"
    caption = "A larger number is not a better one. An attacker's claim is a mention like any other and confirms nothing by itself."
    return side_by_side(chosen.head(most), mentions, sources, "tab-differing", title, caption)


def convoys(frame: pd.DataFrame) -> Table | Prose:
    """Attacks on road convoys by year: a sample, so counts and no rates."""
    if frame.empty:
        return Prose("No attack on a road convoy is in scope.", "notice")
    years = frame.assign(year=frame["date"].dt.year).groupby("year")["incident_id"].count()
    rows = pd.DataFrame({"year": years.index.astype(str), "incidents": years.to_numpy()})
    title = f"{plural(len(frame), 'attack')} on road convoys found, by year"
    caption = "A sample: at times such bombs were near-daily, and they were found only where a page was. No rate follows from it."
    labels = {"year": "Year", "incidents": "Incidents found"}
    return Table("tab-convoys", title, rows, caption, labels, full=frame)
