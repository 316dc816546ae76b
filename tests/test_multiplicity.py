"""Adjusted p-values equal R's p.adjust."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitrep.escalation.multiplicity import benjamini_hochberg, holm

# R 4.2.2: p.adjust(p, "holm"); p.adjust(p, "BH")
P_ADJUST = [
    ([0.01, 0.02, 0.03, 0.04, 0.05], [0.05, 0.08, 0.09, 0.09, 0.09], [0.05, 0.05, 0.05, 0.05, 0.05]),
    (
        [0.9, 0.0005, 0.04, 0.04, 0.3, 0.011],
        [0.9, 0.003, 0.16, 0.16, 0.6, 0.055],
        [0.9, 0.003, 0.06, 0.06, 0.36, 0.033],
    ),
    ([0.2], [0.2], [0.2]),
    ([], [], []),
]


@pytest.mark.parametrize(("p", "by_holm", "by_bh"), P_ADJUST)
def test_adjusted_values_are_those_of_p_adjust(p, by_holm, by_bh):
    assert holm(p) == pytest.approx(by_holm)
    assert benjamini_hochberg(p) == pytest.approx(by_bh)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusting_never_lowers_p_and_keeps_the_order(p):
    for adjusted in (holm(p), benjamini_hochberg(p)):
        assert (adjusted >= np.asarray(p) - 1e-12).all() and (adjusted <= 1).all()
        assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= -1e-12).all()
    assert (holm(p) >= benjamini_hochberg(p) - 1e-12).all()


@pytest.mark.parametrize("p", [[0.5, float("nan")], [1.2], [-0.1]])
def test_what_is_no_p_value_is_an_error(p):
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm(p)
