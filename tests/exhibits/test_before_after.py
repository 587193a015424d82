import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.exhibits.before_after import OPERATORS, SAMPLES, BeforeAfter
from classroom.picture import Facts, Map

SOURCES, CHANNELS = st.sampled_from(list(SAMPLES)), st.integers(1, 12)
MEANS, SPREADS = st.floats(-2, 2), st.floats(0.1, 3)


@given(source=SOURCES, mean=MEANS, spread=SPREADS, seed=st.integers(0, 9))
def test_the_input_has_the_chosen_mean_and_spread(source: str, mean: float, spread: float, seed: int) -> None:
    x = BeforeAfter(source=source, mean=mean, spread=spread, seed=seed).compute().x
    assert x.mean() == pytest.approx(mean, abs=1e-9)
    assert x.std() == pytest.approx(spread)


@given(source=SOURCES, mean=MEANS, spread=SPREADS, channel=CHANNELS)
def test_batch_normalization_undoes_mean_and_spread(source: str, mean: float, spread: float, channel: int) -> None:
    y = BeforeAfter(operator="batch", source=source, mean=mean, spread=spread, channel=channel).compute().y
    assert y[:, channel - 1].mean() == pytest.approx(0, abs=1e-9)
    assert y[:, channel - 1].std() == pytest.approx(1, abs=2e-3)  # short of 1 by eps
    plain = BeforeAfter(operator="batch", source=source, mean=0.0, spread=1.0).compute().y
    assert np.allclose(y, plain, atol=0.02)


@given(source=SOURCES)
def test_mean_variance_standardizes_each_sample_and_batch_only_all_together(source: str) -> None:
    means = {
        name: np.abs(BeforeAfter(operator=name, source=source).compute().y.mean(axis=(2, 3))).max()
        for name in ("mean-variance", "batch")
    }
    assert means["mean-variance"] < 1e-9 < 0.01 < means["batch"]


@pytest.mark.parametrize("source", SAMPLES)
@pytest.mark.parametrize("operator", OPERATORS)
def test_the_count_and_the_frame_are_the_operators_own_pool(operator: str, source: str) -> None:
    exhibit = BeforeAfter(operator=operator, source=source)
    data = exhibit.compute()
    sheet, facts = (next(p for p in exhibit.picture(data) if isinstance(p, kind)) for kind in (Map, Facts))
    (box,) = sheet.boxes
    inside = exhibit.norm().pooled(data.x.shape, data.asked)
    assert facts.items[0][0] == f"{inside.sum():,}"
    framed = sheet.values[box.row : box.row + box.rows, box.column : box.column + box.columns]
    seen = inside[:1, 3] if source == "photographs" else inside[:, 3]
    assert np.isfinite(framed).sum() == seen.sum()


def test_the_words_hold_the_numbers_of_the_arrays() -> None:
    exhibit = BeforeAfter(mean=-1.0, operator="spatial", source="digits", channel=7)
    data = exhibit.compute()
    words = exhibit.alt(data)
    for side in (data.x, data.y):
        assert f"{side[:, 6].mean():.2f}".replace("-", "−") in words
        assert f"{side[:, 6].std():.2f}" in words
