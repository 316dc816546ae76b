"""The map that incidents share: the project's own where they lie in it, else one around them; and its countries' colours."""

import pandas as pd
import pytest

from sitrep import theme
from sitrep.charts import locator


def sites(*rows: tuple[str, float | None, float | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["country", "longitude", "latitude"]).astype(
        {"longitude": float, "latitude": float}
    )


@pytest.mark.parametrize("rows", [[], [("Iraq", 42.4, 33.8)], [("Iraq", 42.4, 33.8), ("Syria", None, None)]])
def test_sites_in_the_project_s_countries_keep_its_map(rows: list[tuple[str, float, float]]) -> None:
    found = sites(*rows)
    assert locator.edges(found["longitude"], found["latitude"]) == locator.EDGES
    assert locator.names(found) == locator.NAMES


@pytest.mark.parametrize(
    "rows",
    [
        [("Mali", -4.1, 14.5)],
        [("Mali", -8.0, 12.6), ("Mali", 2.4, 20.2)],
        [("Iraq", 42.4, 33.8), ("Fiji", 178.4, -18.1)],
    ],
)
def test_any_other_map_holds_every_site_and_is_wide_enough_to_read(rows: list[tuple[str, float, float]]) -> None:
    found = sites(*rows)
    west, south, east, north = locator.edges(found["longitude"], found["latitude"])
    assert -180 <= west < found["longitude"].min() and found["longitude"].max() < east <= 180
    assert -75 <= south < found["latitude"].min() and found["latitude"].max() < north <= 80
    assert east - west > 3.9 or east == 180
    assert set(locator.names(found)) == set(found["country"])
    assert locator.locator_of(found).drawing["width"] == locator.WIDTH


def test_every_country_has_a_colour_and_ours_keep_theirs() -> None:
    many = pd.Series([f"Country {n}" for n in range(9) for _ in range(n + 1)] + ["Iraq"])
    colours = theme.country_colours(many)
    assert colours["Iraq"] == theme.COUNTRY_COLOURS["Iraq"]
    assert len(set(colours.values())) == len(colours)
    assert "Country 8" in colours and "Country 0" not in colours and theme.OTHERS in colours
    assert theme.country_colours(pd.Series(["Mali"])) == {"Mali": theme.BLUE}
