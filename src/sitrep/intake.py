"""Articles in seeds/: what the machine reads from them, and those that the tables do not hold yet, as mentions."""

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from sitrep.articles import Article, read_articles
from sitrep.extract import Extraction, extract_articles
from sitrep.linking import link
from sitrep.phrases import Lexicon
from sitrep.places import Gazetteer
from sitrep.tables import MENTIONS, SOURCES, Tables, read


@dataclass(frozen=True)
class Intake:
    """The articles of a folder and what was read from them.

    ``articles`` are all files read; ``extraction`` what the machine makes of them; ``new`` the mentions among it whose
    file no row of the sources names, in the form of the mentions table, with ``sources`` rows to match; ``unusable`` are
    mentions of such files that name no day or no place, which cannot be counted; ``gazetteer`` is what places were read by.
    """

    articles: list[Article]
    extraction: Extraction
    new: pd.DataFrame
    sources: pd.DataFrame
    unusable: pd.DataFrame
    gazetteer: Gazetteer

    @property
    def messages(self) -> list[str]:
        """Articles without a date, in another language or told twice, and mentions that cannot be counted."""
        return [
            *self.extraction.messages,
            *(
                f"{mention}: not counted, for it names no {'place' if pd.isna(place) else 'day'}"
                for mention, place in zip(self.unusable["mention_id"], self.unusable["place_id"], strict=True)
            ),
        ]


def read_seeds(folder: Path, tables: Tables, lexicon_folder: Path) -> Intake:
    """Read every article in *folder* (none where there is no such folder) and tell which the tables do not hold yet."""
    lexicon = Lexicon.read(lexicon_folder)
    gazetteer = gazetteer_of(tables.places, lexicon_folder)
    articles = read_articles([folder], lexicon) if folder.is_dir() else []
    extraction = extract_articles(articles, gazetteer, lexicon)
    held = set(tables.sources["seed_file"].dropna())
    fresh = [article for article in articles if Path(article.path).name not in held]
    ids = {article.source_id for article in fresh}
    new = extraction.mentions[extraction.mentions["source_id"].isin(ids)]
    usable = new["date_start"].notna() & new["place_id"].notna()
    told = fresh_sources(fresh, folder)
    used = told[told["source_id"].isin(new.loc[usable, "source_id"])]
    return Intake(articles, extraction, new[usable], used, new[~usable], gazetteer)


def lexicon_folder(data: Path) -> Path:
    """The lexicon among the tables in *data*, or the project's own (in ``data/`` beside them) where they bring none."""
    own, common = data / "lexicon", data.parent / "data" / "lexicon"
    return own if own.is_dir() or not common.is_dir() else common


def seeds_folder(data: Path) -> Path:
    """The articles that belong to the tables in *data*: those in their own ``seeds/``, or in ``seeds/`` beside the project's.

    Tables brought from elsewhere have none of the project's articles, unless their sources name one (a copy of ``data/``).
    """
    own, beside = data / "seeds", data.parent / "seeds"
    return beside if not own.is_dir() and (data.name == "data" or _names_articles(data / "sources.csv")) else own


def _names_articles(sources: Path) -> bool:
    if not sources.is_file():
        return False
    with sources.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return any(row.get("seed_file") for row in csv.DictReader(file))


def gazetteer_of(places: pd.DataFrame, lexicon_folder: Path) -> Gazetteer:
    """Return the gazetteer of *places* with the region names, place phrases and spellings of a lexicon folder."""
    frames = [
        pd.read_csv(lexicon_folder / name, dtype=str, keep_default_na=False)
        for name in ("regions.csv", "place_phrases.csv", "spellings.csv")
    ]
    return Gazetteer.from_frame(places, *frames)


def fresh_sources(articles: list[Article], folder: Path) -> pd.DataFrame:
    """Rows of the sources table for articles that have none: what they and metadata.csv say of themselves."""
    metadata = folder / "metadata.csv"
    noted = (
        pd.read_csv(metadata, dtype=str, keep_default_na=False) if metadata.exists() else pd.DataFrame(columns=["file"])
    )
    of_file = {row["file"]: row for row in noted.to_dict("records")}
    rows = []
    for article in articles:
        name = Path(article.path).name
        said = of_file.get(name, {})
        rows.append(
            {
                "source_id": article.source_id,
                "publisher": said.get("publisher") or name,
                "title": article.title or said.get("title") or name,
                "url": said.get("url") or None,
                "published": article.published,
                "language": article.language or said.get("language") or None,
                "kind": said.get("kind") or None,
                "seed_file": name,
            }
        )
    return pd.DataFrame(rows, columns=[column.name for column in SOURCES.columns]).assign(
        published=lambda frame: pd.to_datetime(frame["published"])
    )


def with_new(tables: Tables, intake: Intake) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return mentions and sources with those of new articles, and the links of the new mentions.

    A new mention joins the coder's incident that most of its machine-made group belongs to; where the group holds no
    coded mention, it is an incident of its own under the machine's id. The coder's own links stay as they are.
    """
    if intake.new.empty:
        return tables.mentions, tables.sources, pd.DataFrame(columns=["mention_id", "incident_id"])
    names = [column.name for column in MENTIONS.columns]
    mentions = pd.concat([tables.mentions, intake.new[names]], ignore_index=True).astype(
        tables.mentions.dtypes.to_dict()
    )
    sources = pd.concat([tables.sources, intake.sources], ignore_index=True).astype(tables.sources.dtypes.to_dict())
    found = link(mentions, sources, tables.places, tables.overrides, intake.gazetteer).links
    coder = tables.mentions.set_index("mention_id")["incident_id"]
    group = found.set_index("mention_id")["incident_id"]
    mates = joined(intake.new["mention_id"], coder, group)
    links = pd.DataFrame({"mention_id": mates.index, "incident_id": mates.fillna(group).to_numpy()}, dtype="str")
    mentions = mentions.merge(links, on="mention_id", how="left", suffixes=("", "_new"))
    mentions["incident_id"] = mentions["incident_id"].fillna(mentions.pop("incident_id_new"))
    return mentions, sources, links


def joined(new: pd.Series, coder: pd.Series, group: pd.Series) -> pd.Series:
    """For each of the *new* mention ids the coder's incident that most of its machine-made group belongs to, or missing.

    *coder* and *group* give the coder's and the machine's incident by mention id.
    """
    votes = pd.DataFrame({"group": group.reindex(coder.index), "incident": coder}).dropna()
    most = votes.groupby("group")["incident"].agg(lambda held: held.value_counts().index[0])
    return group.reindex(new).map(most).astype("str").rename("incident_id")


def read_all(data: Path) -> tuple[Tables, Intake]:
    """Read the tables in *data* with the mentions and sources of the articles that they do not hold yet."""
    tables = read(data)
    found = read_seeds(seeds_folder(data), tables, lexicon_folder(data))
    mentions, sources, _ = with_new(tables, found)
    return replace(tables, mentions=mentions, sources=sources), found
