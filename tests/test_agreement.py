"""B-cubed agreement between two groupings of the same mentions."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitrep.agreement import bcubed, disagreements

PAIRS_OF_LABELS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=40)


def grouping(labels: object) -> pd.Series:
    return pd.Series(list(labels))  # type: ignore[call-overload]


def both(pairs: list[tuple[int, int]]) -> tuple[pd.Series, pd.Series]:
    return grouping(m for m, _ in pairs), grouping(t for _, t in pairs)


class TestPublishedExamples:
    """Figures computed by others, so that a slip in our formula cannot confirm itself."""

    def test_bagga_and_baldwin_first_response(self) -> None:
        # Bagga & Baldwin (1998), truth 1-5, 6-7, 8-12; the response joins the second and third chain: 76% and 100%.
        found = bcubed(grouping("AAAAABBBBBBB"), grouping("111112233333"))
        assert found.precision == pytest.approx(16 / 21)
        assert round(found.precision, 2) == 0.76
        assert found.recall == 1

    def test_bagga_and_baldwin_second_response(self) -> None:
        # The response joins the first and third chain, a graver error: 58% and 100%. LingPipe's ClusterScore gives 0.5833.
        found = bcubed(grouping("AAAAABBAAAAA"), grouping("111112233333"))
        assert found.precision == pytest.approx(7 / 12)
        assert round(found.precision, 2) == 0.58
        assert found.recall == 1

    def test_the_seventeen_documents_as_elki_scores_them(self) -> None:
        # elki-clustering, BCubedTest.java, whose a plays the truth here:
        #   int[] a = { 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3 };
        #   int[] b = { 1, 1, 1, 1, 2, 1, 2, 2, 2, 2, 3, 1, 3, 3, 3, 2, 2 };
        #   precision 0.57843137254902, recall 0.584313725490196
        found = bcubed(machine=grouping("11112122223133322"), truth=grouping("11111122222233333"))
        assert found.precision == pytest.approx(0.57843137254902, abs=1e-14)
        assert found.recall == pytest.approx(0.584313725490196, abs=1e-14)


class TestProperties:
    @settings(deadline=None)
    @given(PAIRS_OF_LABELS)
    def test_a_grouping_agrees_wholly_with_itself_under_other_names(self, pairs: list[tuple[int, int]]) -> None:
        machine, _ = both(pairs)
        found = bcubed(machine, machine.map(lambda label: f"group {label}"))
        assert (found.precision, found.recall, found.f1) == (1, 1, 1)

    @settings(deadline=None)
    @given(PAIRS_OF_LABELS)
    def test_swapping_the_two_swaps_precision_and_recall(self, pairs: list[tuple[int, int]]) -> None:
        machine, truth = both(pairs)
        one, other = bcubed(machine, truth), bcubed(truth, machine)
        assert (one.precision, one.recall) == pytest.approx((other.recall, other.precision))

    @settings(deadline=None)
    @given(PAIRS_OF_LABELS, st.randoms())
    def test_order_does_not_matter(self, pairs: list[tuple[int, int]], random) -> None:  # type: ignore[no-untyped-def]
        machine, truth = both(pairs)
        order = list(range(len(pairs)))
        random.shuffle(order)
        shuffled = bcubed(machine.iloc[order], truth)
        assert shuffled.f1 == pytest.approx(bcubed(machine, truth).f1)

    @settings(deadline=None)
    @given(PAIRS_OF_LABELS)
    def test_each_mention_alone_has_full_precision_and_all_in_one_full_recall(
        self, pairs: list[tuple[int, int]]
    ) -> None:
        _, truth = both(pairs)
        assert bcubed(grouping(range(len(truth))), truth).precision == 1
        assert bcubed(grouping([0] * len(truth)), truth).recall == 1

    @settings(deadline=None)
    @given(PAIRS_OF_LABELS)
    def test_the_listed_losses_add_up_to_what_the_figures_miss(self, pairs: list[tuple[int, int]]) -> None:
        machine, truth = both(pairs)
        found = bcubed(machine, truth)
        missed = (2 - found.precision - found.recall) * found.mentions
        assert disagreements(machine, truth)["loss"].sum() == pytest.approx(missed)


class TestDisagreements:
    def test_names_what_was_merged_and_what_was_split(self) -> None:
        listed = disagreements(grouping("aabbcd"), grouping("112344"))
        assert listed[["kind", "machine", "truth"]].to_numpy().tolist() == [
            ["merged", "b", "2|3"],
            ["split", "c|d", "4"],
        ]

    def test_puts_the_costliest_first(self) -> None:
        listed = disagreements(grouping("abbbccccc"), grouping("112345555"))
        assert listed["loss"].is_monotonic_decreasing
        assert listed["kind"].tolist()[0] == "crossed"

    def test_is_empty_when_the_two_agree(self) -> None:
        assert disagreements(grouping("aab"), grouping("xxy")).empty


class TestRefusals:
    def test_different_mentions(self) -> None:
        with pytest.raises(ValueError, match="do not hold the same mentions"):
            bcubed(pd.Series(["a"], index=["m1"]), pd.Series(["a"], index=["m2"]))

    def test_a_mention_named_twice(self) -> None:
        with pytest.raises(ValueError, match="named twice"):
            bcubed(pd.Series(["a", "b"], index=["m1", "m1"]), pd.Series(["a", "b"], index=["m1", "m1"]))

    def test_a_missing_label(self) -> None:
        with pytest.raises(ValueError, match="without a group"):
            bcubed(grouping(["a", None]), grouping(["a", "b"]))

    def test_nothing_to_compare(self) -> None:
        with pytest.raises(ValueError, match="no mention"):
            bcubed(grouping([]), grouping([]))
