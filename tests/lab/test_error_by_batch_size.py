"""Error by batch size: as many examples for all, cell by cell, and a verdict that the seeds must bear out."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from lab.data import digits
from lab.experiments.error_by_batch_size import (
    BATCH,
    BATCH_SIZE,
    GROUP,
    INSTANCE,
    LAYER,
    NORM_ARMS,
    STATISTICS,
    ErrorByBatchSize,
    Result,
)
from lab.ghost import GhostBatchNorm
from lab.training import Sgd
from normlib.norms.batch_norm import BatchNorm
from normlib.norms.group_norm import GroupNorm
from normlib.norms.instance_norm import InstanceNorm
from normlib.norms.layer_norm import LayerNorm

FEW = ErrorByBatchSize(vary=BATCH_SIZE, sizes=(32, 8), examples=256, channels=(4, 4), groups=2, seeds=2)
SHARED = replace(FEW, vary=STATISTICS)
NAN = float("nan")
T_975_2 = 4.3027  # Student's t for three seeds


@pytest.mark.parametrize("images", [2, 4, 8])
def test_a_ghost_is_normalized_as_if_it_were_the_batch(images):
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal((2, 8, 3, 2, 4))
    params = {"gamma": rng.standard_normal(3), "beta": rng.standard_normal(3)}
    layer, alone = GhostBatchNorm(images), BatchNorm()
    parts = [alone.forward(part, **params) for part in np.split(x, 8 // images)]
    y, cache = layer.forward(x, **params)
    np.testing.assert_allclose(y, np.concatenate([part for part, _ in parts]), rtol=1e-12)
    grads = layer.backward(dy, cache)
    theirs = [alone.backward(d, c) for d, (_, c) in zip(np.split(dy, 8 // images), parts, strict=True)]
    np.testing.assert_allclose(grads["x"], np.concatenate([one["x"] for one in theirs]), rtol=1e-9, atol=1e-12)
    for name in ("gamma", "beta"):
        np.testing.assert_allclose(grads[name], sum(one[name] for one in theirs), rtol=1e-9)
    start = layer.init_running((3, 2, 4))
    averages = [alone.update(start, c) for _, c in parts]
    running = layer.update(start, cache)
    np.testing.assert_allclose(running.mean, np.mean([one.mean for one in averages], axis=0), rtol=1e-12)
    np.testing.assert_allclose(running.var, np.mean([one.var for one in averages], axis=0), rtol=1e-12)


def test_ghosts_have_the_slopes_of_central_differences():
    rng = np.random.default_rng(1)
    x, dy, direction = rng.standard_normal((3, 6, 2, 3, 3))
    layer, params, h = GhostBatchNorm(2), {"gamma": np.array([2.0, -1.0]), "beta": np.zeros(2)}, 1e-6
    slope = sum(s * (dy * layer.forward(x + s * h * direction, **params)[0]).sum() for s in (1, -1)) / (2 * h)
    gradient = layer.backward(dy, layer.forward(x, **params)[1])["x"]
    assert (gradient * direction).sum() == pytest.approx(slope, rel=1e-6)


def test_ghosts_must_fill_the_batch():
    with pytest.raises(ValueError, match="images must divide the batch of 6, got 4"):
        GhostBatchNorm(4).forward(np.zeros((6, 1, 1, 1)), gamma=np.ones(1), beta=np.zeros(1))


def test_cells_fill_in_one_at_a_time_and_every_norm_is_there_after_four():
    results = [progress.result for progress in FEW.run()]
    known = [int(np.isfinite(result.error).sum()) for result in results]
    assert known == list(range(1, 4 * 2 * 2 + 1))
    assert np.isfinite(results[3].error[:, 0, 0]).all()
    for before, after in pairwise(results):
        there = np.isfinite(before.error)
        assert np.array_equal(before.error[there], after.error[there])


def test_where_only_the_statistics_differ_the_other_norms_run_once_for_all_sizes():
    results = [progress.result for progress in SHARED.run()]
    known = [int(np.isfinite(result.error).sum()) for result in results]
    assert known == [1, 3, 5, 7, 8, 9, 11, 13, 15, 16]
    error = results[-1].error
    assert np.array_equal(error[GROUP:, 0], error[GROUP:, 1])
    assert not np.array_equal(error[BATCH, 0], error[BATCH, 1])
    for arm in (GROUP, LAYER, INSTANCE):
        assert SHARED.trained_error(arm, 8, 1) == error[arm, 1, 1]


def test_a_batch_of_32_is_the_same_run_either_way():
    assert np.array_equal(SHARED.result().error[:, 0], FEW.result().error[:, 0])


def test_progress_counts_updates_because_small_batches_take_longer():
    done = [progress.done for progress in FEW.run()]
    total = 2 * 4 * (256 // 32 + 256 // 8)
    assert done[0] == pytest.approx(8 / total)
    assert done[4] - done[3] == pytest.approx(32 / total)


@pytest.mark.parametrize(("experiment", "size", "updates", "rate"), [(FEW, 8, 32, 0.05), (SHARED, 8, 8, 0.2)])
def test_the_rate_is_in_proportion_to_the_batch_of_an_update_and_ends_at_0(
    experiment, size, updates, rate, monkeypatch
):
    asked = []
    step = Sgd.step
    monkeypatch.setattr(Sgd, "step", lambda self, *rest: asked.append(self.rate) or step(self, *rest))
    experiment.trained_error(BATCH, size, seed=0)
    assert asked == pytest.approx([rate * (1 - i / updates) for i in range(updates)])


def test_the_norms_are_what_their_names_say():
    norms = [next(layer.norm for layer in FEW.network(arm, 8).layers if hasattr(layer, "norm")) for arm in range(4)]
    assert NORM_ARMS == ("batch norm", "group norm", "layer norm", "instance norm")
    assert [type(norms[arm]) for arm in (BATCH, GROUP, LAYER, INSTANCE)] == [
        BatchNorm, GroupNorm, LayerNorm, InstanceNorm,
    ]  # fmt: skip
    assert norms[GROUP].groups == 2


@pytest.mark.parametrize(
    ("wrong", "say"),
    [
        ({"groups": 5}, r"channels must be two multiples of the 5 groups, got \(8, 16\)"),
        ({"channels": (8,)}, r"channels must be two multiples of the 4 groups, got \(8,\)"),
        ({"sizes": (32, 5)}, r"sizes must divide 32, got \(32, 5\)"),
    ],
)
def test_what_cannot_be_run_is_refused_with_the_remedy(wrong, say):
    with pytest.raises(ValueError, match=f"ErrorByBatchSize: {say}"):
        ErrorByBatchSize(**wrong)


def test_the_norms_see_maps_of_eight_by_eight_and_of_two_by_two():
    network, shape = ErrorByBatchSize().network(INSTANCE, 2), digits().shape
    seen = []
    for layer in network.layers:
        if hasattr(layer, "norm"):
            seen.append(shape)
        shape = layer.out_shape(shape)
    assert seen == [(8, 8, 8), (16, 2, 2)]


def test_a_cell_does_not_depend_on_the_cells_beside_it():
    one = replace(FEW, sizes=(8,)).result()
    assert np.array_equal(one.error[:, 0], FEW.result().error[:, 1])


def made(batch, group, sizes=(32, 2)):
    """Return a result with errors in percent: a row per batch size, a column per seed; layer and instance as group."""
    return Result(1280, np.array(sizes), np.array([batch, group, group, group], float) / 100)


def test_the_verdict_compares_seed_by_seed():
    worse = made(batch=[[4, 5, 6], [9, 10, 11.1]], group=[[5, 6, 7.1], [5, 6, 7]])  # gaps −1, −1, −1.1 and 4, 4, 4.1
    assert worse.behind(1).mean == pytest.approx(12.1 / 3)
    assert worse.lost() == pytest.approx((15.2 / 3, T_975_2 * 0.2 / 3), rel=1e-4)  # 5, 5, 5.2: deviation 0.2 / √3
    said = worse.verdict()
    assert "Batch norm minus group norm: −1.03 ± 0.14 points at 32 and 4.03 ± 0.14 points at 2;" in said
    assert "the change, 5.07 ± 0.29 points: it loses as the batch gets small." in said
    assert said.endswith("Every run saw 1,280 examples.")
    better = made(batch=[[9, 10, 11], [4, 5, 6]], group=[[5, 6, 7], [5, 6, 7]])
    assert "it gains as the batch gets small" in better.verdict()


def test_what_the_seeds_do_not_show_is_not_claimed():
    said = made(batch=[[4, 8, 6], [9, 2, 7]], group=[[5, 6, 7], [5, 6, 7]]).verdict()
    assert said.count("no difference that 3 seeds can show") == 3
    assert "loses" not in said


def test_the_order_of_the_sizes_does_not_matter_to_the_verdict():
    down = made(batch=[[4, 5, 6], [9, 9, 11]], group=[[5, 6, 7], [5, 6, 7]])
    up = made(batch=[[9, 9, 11], [4, 5, 6]], group=[[5, 6, 7], [5, 6, 7]], sizes=(2, 32))
    assert up.verdict() == down.verdict()


def test_a_part_of_the_runs_says_how_many_and_holds_no_nan():
    first = made(batch=[[4, NAN], [NAN, NAN]], group=[[5, NAN], [NAN, NAN]]).verdict()
    assert first == "4 of 16 runs so far: not yet enough to compare batch sizes."
    half = made(batch=[[4, NAN], [9, NAN]], group=[[5, NAN], [5, NAN]]).verdict()
    assert "So far 1 of 2 seeds, 8 of 16 runs." in half
    assert "no difference that 1 seed can show" in half
    assert "nan" not in first + half
    assert "not yet enough" in made(batch=[[4, 5]], group=[[5, 6]], sizes=(8,)).verdict()


def test_a_seed_counts_once_all_that_is_compared_has_run():
    part = made(batch=[[4, 90], [9, NAN]], group=[[5, 80], [5, NAN]])
    assert "Batch norm's error is 4 % at 32 and 9 % at 2 images in the batch, group norm's 5 % at 32" in part.verdict()


def test_the_curves_are_the_errors_against_the_batch_size():
    curves = list(FEW.result().curves())
    assert len(curves) == 4 * 2
    (one,) = [curve for curve in curves if curve.arm == "layer norm" and curve.seed == 1]
    assert (one.along, one.quantity) == ("images in the batch", "held-out error, %")
    assert np.array_equal(one.x, [8, 32])
    assert np.array_equal(one.y, 100 * FEW.result().error[LAYER, ::-1, 1])


def test_two_images_for_the_statistics_hurt_batch_norm():
    run = ErrorByBatchSize()
    seeds = range(run.seeds)
    large, small = (np.array([run.trained_error(BATCH, size, seed) for seed in seeds]) for size in (32, 2))
    assert large.mean() < 0.06
    assert small.mean() > large.mean() + 0.005
    assert (small > large).sum() >= run.seeds - 1
