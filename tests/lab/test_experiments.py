import json
import pickle
import re
from dataclasses import asdict, fields
from functools import partial
from types import ModuleType

import numpy as np
import pytest

from lab.data import DataError, cifar10, digits
from lab.data.cifar import CIFAR10_RECORD, CIFAR10_TEST, CIFAR10_TRAIN
from lab.experiment import Experiment, Progress, moments
from lab.experiments import EXPERIMENTS, sole_experiment
from lab.experiments.bn_parameters import BnParameters
from lab.experiments.covariate_shift import CovariateShift
from lab.experiments.covariate_shift import Result as Shift
from lab.experiments.digits_convnet import DigitsConvnet
from lab.experiments.error_by_batch_size import ErrorByBatchSize
from lab.experiments.faster_not_better import FasterNotBetter
from lab.experiments.faster_not_better import Result as Race
from lab.experiments.learning_rate_and_init import LearningRateAndInit
from lab.experiments.noise_after_bn import NoiseAfterBn
from lab.experiments.your_own import YourOwn
from lab.training import Sgd, train

SHORT = {
    "covariate_shift": CovariateShift(steps=20, width=8, recorded=5, seeds=2),
    "bn_parameters": BnParameters(steps=20, width=8, recorded=5, seeds=2),
    "digits_convnet": DigitsConvnet(steps=8, channels=(3, 4), seeds=2, recorded=4, judged_on=50),
    "learning_rate_and_init": LearningRateAndInit(rates=(0.1, 5.0), scales=(0.1, 1e3), steps=8, width=8, seeds=2),
    "your_own": YourOwn(steps=10, recorded=4, seeds=2, depths=(1, 2), norms=("layer", "group"), data="xor"),
    "error_by_batch_size": ErrorByBatchSize(sizes=(32, 8), examples=128, channels=(2, 4), groups=2, seeds=2),
    "noise_after_bn": NoiseAfterBn(steps=10, width=8, depth=2, every=5, seeds=2),
    "faster_not_better": FasterNotBetter(steps=10, width=8, depth=2, seeds=2, every=5, tuning_steps=5, rates=(0.1, 1)),
}

every_experiment = pytest.mark.parametrize("experiment", SHORT.values(), ids=SHORT.keys())


def arrays(result):
    for value in result:
        if isinstance(value, tuple):
            yield from arrays(value)
        elif isinstance(value, np.ndarray):
            yield value


def last(experiment):
    return list(experiment.run())[-1].result


def test_the_registry_is_the_folder():
    assert set(EXPERIMENTS) == set(SHORT)
    assert {name: type(e) for name, e in SHORT.items()} == dict(EXPERIMENTS)
    with pytest.raises(TypeError):
        EXPERIMENTS["another"] = CovariateShift


def module(**names):
    made = ModuleType("lab.experiments.made")
    for name, value in names.items():
        value.__module__ = made.__name__
        setattr(made, name, value)
    return made


def test_a_file_without_its_one_experiment_fails_loudly():
    class Whole(Experiment):
        title = claim = source = "given"

        def run(self):
            yield Progress(1.0, ())

    class Mute(Experiment):
        title = source = "given"
        run = Whole.run

    class Idle(Experiment):
        title = claim = source = "given"

    assert sole_experiment(module(Whole=Whole)) is Whole
    with pytest.raises(ImportError, match=r"lab/experiments/made.py must define exactly one Experiment, found 0"):
        sole_experiment(module())
    with pytest.raises(ImportError, match=r"found 2: \['Whole', 'Mute'\]"):
        sole_experiment(module(Whole=Whole, Mute=Mute))
    with pytest.raises(ImportError, match="Mute must have title, claim, source and run, lacks claim"):
        sole_experiment(module(Mute=Mute))
    with pytest.raises(ImportError, match="lacks run"):
        sole_experiment(module(Idle=Idle))


@every_experiment
def test_a_configuration_is_json_and_comes_back_equal(experiment):
    again = type(experiment)(**json.loads(json.dumps(asdict(experiment))))
    assert (again, hash(again)) == (experiment, hash(experiment))


@every_experiment
def test_every_number_of_a_configuration_has_a_range_that_is_kept(experiment):
    hypers, choices = experiment.hypers(), experiment.choices()
    assert hypers.keys() | choices.keys() == {f.name for f in fields(experiment)}
    for name, hyper in hypers.items():
        many = isinstance(getattr(experiment, name), tuple)
        for value in (hyper.low - 1, hyper.high + 1, float("nan"), True, "1"):
            with pytest.raises(ValueError, match=f"{type(experiment).__name__}: {name} must be"):
                type(experiment)(**{name: (value,) if many else value})


@every_experiment
def test_every_word_of_a_configuration_is_one_of_a_few(experiment):
    for name, choice in experiment.choices().items():
        many = isinstance(getattr(experiment, name), tuple)
        for value in (choice.options[0] + "x", "", 1):
            with pytest.raises(
                ValueError, match=f"{type(experiment).__name__}: {name} must be one of {choice.options[0]}"
            ):
                type(experiment)(**{name: (value,) if many else value})


@every_experiment
def test_several_values_are_no_single_one(experiment):
    for name in (*experiment.hypers(), *experiment.choices()):
        value = getattr(experiment, name)
        with pytest.raises(ValueError, match=f"{type(experiment).__name__}: {name} must be (one value|several values)"):
            type(experiment)(**{name: value[0] if isinstance(value, tuple) else (value, value)})


@every_experiment
def test_curves_are_lines_of_equal_length_with_names_and_the_last_numbers_of_the_result(experiment):
    result = experiment.result()
    curves = list(result.curves())
    assert len({(c.quantity, c.arm, c.seed) for c in curves}) == len(curves) > 1
    for curve in curves:
        assert curve.x.shape == curve.y.shape == (curve.x.size,)
        assert all((curve.quantity, curve.arm, curve.along))
        assert np.all(np.diff(curve.x) > 0)
    right = result.accuracy if hasattr(result, "accuracy") else 1 - result.error
    finals = {round(100 * float(a), 6) for a in right.ravel()}
    assert {round(float(c.y[-1]), 6) for c in curves if c.quantity.startswith("held-out accuracy")} <= finals


@every_experiment
def test_the_same_configuration_gives_the_same_numbers_bit_for_bit(experiment):
    first, again = last(experiment), last(experiment)
    assert [a.tobytes() for a in arrays(first)] == [a.tobytes() for a in arrays(again)]
    assert first.verdict() == again.verdict()


@every_experiment
def test_progress_grows_to_1_and_earlier_results_stay_as_they_were(experiment):
    seen, before = [], None
    for progress in experiment.run():
        if before is not None:
            assert [a.tobytes() for a in arrays(before[0])] == before[1]
        before = (progress.result, [a.tobytes() for a in arrays(progress.result)])
        seen.append(progress.done)
    assert seen == sorted(seen)
    assert seen[-1] == 1
    assert len(seen) > 1


@every_experiment
def test_a_result_is_computed_once_and_read_only(experiment):
    result = experiment.result()
    assert type(experiment)(**asdict(experiment)).result() is result
    for array in arrays(result):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


@every_experiment
def test_text_is_given_and_the_verdict_is_one_line_without_nan(experiment):
    assert all((experiment.title, experiment.claim.endswith("."), experiment.source))
    verdict = experiment.result().verdict()
    assert verdict.endswith(".")
    assert "\n" not in verdict
    assert "nan" not in verdict
    assert not re.search(r"\d%", verdict)  # 95 %, as in the pictures


@every_experiment
def test_a_worker_process_can_take_an_experiment_and_hand_back_its_result(experiment):
    result = pickle.loads(pickle.dumps(experiment)).result()
    again = pickle.loads(pickle.dumps(result))
    assert type(again) is type(result)
    assert again.verdict() == result.verdict()


def test_diverged_runs_are_told_as_such_without_a_warning():
    result = FasterNotBetter(rates=(10.0,), momentum=0.99, steps=60, seeds=2).result()
    assert np.isinf(result.tuning_loss[0]).all()
    assert np.all(result.accuracy[0, :, -1] == 0.1)
    assert "without BN reached 95 % in no run" in result.verdict()


def test_units_that_diverged_are_called_so():
    percentiles = np.tile(np.arange(3.0)[:, None], (2, 2, 2, 1, 4))
    percentiles[0, 1, 1] = np.nan
    result = Shift(np.array([0, 10]), np.zeros((2, 2, 2)), np.zeros((2, 2, 2)), percentiles)
    assert "units travelled 0.0 ± 0.0 widths of its 15–85 % band with BN; without BN it diverged." in result.verdict()


def test_a_number_of_steps_is_whole():
    with pytest.raises(ValueError, match=r"CovariateShift: steps must be an integer, got 100\.5"):
        CovariateShift(steps=100.5)


def test_moments_begin_at_0_and_end_at_the_last_step():
    for steps in (1, 10, 999):
        assert (moments(steps, 7)[0], moments(steps, 7)[-1]) == (0, steps)


def test_at_a_learning_rate_of_a_tenth_bn_is_ahead_early_and_its_sigmoids_drift_less():
    result = CovariateShift(rate=0.1, steps=500, recorded=12).result()
    plain, bn = result.accuracy[:, :, -1]
    assert np.all(bn > 0.9)
    assert np.all(plain < 0.6)
    far = np.median(result.drift(), axis=2)
    assert np.all(far[1] < np.minimum(1, far[0]))
    low, _, high = np.moveaxis(result.percentiles[1], 2, 0)  # with BN the bands keep their width: var stays near gamma²
    assert np.all((high - low > 1) & (high - low < 5))
    assert "with BN it drifts less" in result.verdict()


def test_seeds_are_runs_of_their_own_and_the_first_does_not_know_of_the_others():
    few, more = (CovariateShift(steps=20, width=8, recorded=5, seeds=seeds).result() for seeds in (2, 3))
    assert np.array_equal(few.percentiles, more.percentiles[:, :2])
    assert len({few.loss[arm, seed].tobytes() for arm in (0, 1) for seed in (0, 1)}) == 4


def test_a_difference_that_the_seeds_do_not_show_is_not_claimed():
    percentiles = np.tile(np.array([-0.7, 0.0, 0.7])[:, None], (2, 3, 2, 1, 1))
    percentiles[0, :, 1, :, 0] += np.array([0.1, 2.0, 5.0])[:, None]
    result = Shift(np.array([0, 10]), np.zeros((2, 3, 2)), np.zeros((2, 3, 2)), percentiles)
    assert "3 seeds show none." in result.verdict()


def test_drift_is_the_way_of_each_units_median_in_widths_of_its_last_band():
    percentiles = np.tile(np.array([-0.7, 0.0, 0.7])[:, None], (2, 1, 3, 1, 2))
    percentiles[0, 0, :, :, 1] += np.array([0.0, 3.0, 1.0])[:, None]  # one unit's median goes up 3 and down 2
    result = Shift(np.arange(3), np.zeros((2, 1, 3)), np.zeros((2, 1, 3)), percentiles)
    np.testing.assert_allclose(result.drift(), [[[0, 5 / 1.4]], [[0, 0]]], atol=1e-9)


def test_the_percentiles_are_those_of_what_the_last_sigmoids_are_given():
    experiment = CovariateShift(steps=20, width=8, recorded=5, seeds=2)
    run = train(experiment.network(True), digits(centred=False), Sgd(experiment.rate), steps=20, batch=60, seed=1)
    *_, step = run
    x, _ = digits(centred=False).held_out.take(slice(None))
    given = experiment.network(True).inputs(step.state, x)[-2]  # the layer before the logits
    np.testing.assert_allclose(
        last(experiment).percentiles[1, 1, -1], np.percentile(given, (15, 50, 85), axis=0), rtol=1e-5, atol=1e-6
    )


def test_gamma_and_beta_start_at_1_and_0_and_training_spreads_them():
    result = BnParameters(steps=200, recorded=6, seeds=2).result()
    assert result.gamma.shape == (2, 6, 4, 64)
    assert np.all(result.gamma[:, 0] == 1)
    assert np.all(result.beta[:, 0] == 0)
    assert np.all(result.running_mean[:, 0] == 0)
    assert np.all(result.running_var[:, 0] == 1)
    assert np.all(result.gamma[:, -1].std(axis=2) > 0.005)
    assert np.all(result.beta[:, -1].std(axis=2) > 0.005)
    assert np.all(result.accuracy[:, -1] > 0.95)
    assert not np.array_equal(result.gamma[0, -1], result.gamma[1, -1])


def test_a_convolutional_network_learns_the_digits_both_ways():
    result = DigitsConvnet(seeds=2, steps=80, recorded=3).result()
    assert np.all(result.accuracy[1, :, -1] > 0.85)
    assert np.all(result.accuracy[0, :, -1] > 0.6)
    assert np.all(result.loss[:, :, -1] < result.loss[:, :, 1] / 2)
    assert np.all(result.loss[:, 0, 1:] != result.loss[:, 1, 1:])  # the seeds are runs of their own


def test_the_convnet_names_a_folder_without_cifar10(tmp_path, monkeypatch):
    monkeypatch.setenv("CIFAR10_FOLDER", str(tmp_path))
    with pytest.raises(DataError, match=r"must hold data_batch_1\.bin"):
        DigitsConvnet(data="cifar10").result()


def test_the_convnet_learns_colour_pictures_of_a_cifar10_folder_with_the_same_code(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    for name in (*CIFAR10_TRAIN, CIFAR10_TEST):
        records = rng.integers(0, 60, (40, CIFAR10_RECORD), dtype=np.uint8)
        records[:, 0] %= 2
        records[records[:, 0] == 1, 1:1025] += 120  # the second class is the red one
        records.tofile(tmp_path / name)
    monkeypatch.setattr("lab.data.sets.cifar10", partial(cifar10, per_file=40))
    monkeypatch.setenv("CIFAR10_FOLDER", str(tmp_path))
    result = DigitsConvnet(data="cifar10", channels=(4,), seeds=2, steps=30, batch=20, recorded=2).result()
    assert np.all(result.accuracy[:, :, -1] > 0.9)


def test_with_bn_more_pairs_of_rate_and_scale_learn_and_divergence_is_chance():
    result = LearningRateAndInit(rates=(0.03, 0.3, 3.0), scales=(0.1, 1.0, 30.0), seeds=2).result()
    plain, bn = (result.accuracy >= 0.9).sum(axis=(1, 2))
    assert np.all(bn > plain)
    assert result.diverged[0].any()
    assert np.all(result.accuracy[result.diverged] == 0.1)
    assert np.all(np.isfinite(result.accuracy))
    assert np.array_equal(result.diverged, ~np.isfinite(result.loss))


def test_rows_are_learning_rates_columns_are_scales_and_seeds_come_last():
    result = LearningRateAndInit(rates=(1e-6, 0.3), scales=(0.3, 1.0), steps=40, seeds=2).result()
    one = LearningRateAndInit(rates=(0.3,), scales=(1.0,), steps=40, seeds=3).result()
    np.testing.assert_array_equal(result.accuracy[:, 1, 1], one.accuracy[:, 0, 0, :2])
    assert np.all(result.accuracy[1, 0] < 0.5)  # at 1e-6 nothing is learned
    assert np.all(result.accuracy[1, 1] > 0.8)


def test_a_sweeps_verdict_counts_whole_seeds_and_names_a_difference_that_they_show():
    partial, whole = [p.result for p in LearningRateAndInit(rates=(0.1,), scales=(1.0,), steps=4, seeds=2).run()]
    assert "with one seed so far" in partial.verdict()
    learned = np.full((2, 1, 2, 3), 0.95)
    shown = whole._replace(rates=np.ones(1), scales=np.ones(2), accuracy=learned.copy())
    assert "2.0 ± 0.0 reach 90 % in 4 steps with BN and 2.0 ± 0.0 without BN" in shown.verdict()
    assert "the difference is 0.0 ± 0.0: 3 seeds show none" in shown.verdict()
    learned[0, 0, 1] = 0.5  # one pair fails without BN, whatever the seed
    said = shown._replace(accuracy=learned).verdict()
    assert "the difference is 1.0 ± 0.0: the network with BN bears more of them" in said
    assert "over 3 seeds" in said
    learned[..., 1:] = learned[:, :, 1] = np.nan
    assert shown._replace(accuracy=learned).verdict() == (
        "So far, of 1 of 2 pairs of learning rate and initial scale, 1 reach 90 % in 4 steps with BN and 1 without BN."
    )


def race(plain, bn, steps=(0, 10, 20, 30)):
    curves = np.array([plain, bn], float)
    return Race(0.9, np.array([0.1]), np.zeros((2, 1)), np.array([0.1, 0.2]), np.array(steps), curves)


def test_steps_to_target_count_the_first_arrival_and_leave_out_who_never_arrives():
    result = race(plain=[[0, 0, 0.9, 0.8], [0, 0, 0, 0.95]], bn=[[0, 0.95, 1, 1], [0, 0.5, 0.5, 0.5]])
    np.testing.assert_array_equal(result.steps_to_target(), [[20, 30], [10, np.nan]])
    assert "with BN reached 90 % after 10 steps (1 of 2 seeds)" in result.verdict()


def test_the_verdict_names_a_difference_only_where_the_seeds_show_one():
    slow, fast = [[0, 0, 0.5, 0.95]] * 3, [[0, 0.91, 0.93, 0.95]] * 3
    said = race(plain=slow, bn=fast).verdict()
    assert "30.0 ± 0.0 steps: faster with BN" in said
    assert "0.0 ± 0.0 points, no difference that 3 seeds can show" in said
    said = race(plain=fast, bn=[[0, 0, 0.5, 0.9], [0, 0, 0.5, 0.91], [0, 0, 0.5, 0.92]]).verdict()
    assert "faster without BN" in said
    assert "better without BN" in said
    said = race(plain=[[0, 0.95, 1, 1], [0, 0, 0.95, 1]], bn=[[0, 0, 0.95, 1], [0, 0.95, 1, 1]]).verdict()
    assert said.count("no difference that 2 seeds can show") == 2
    assert "in no run" in race(plain=[[0, 0, 0, 0]] * 2, bn=fast[:2]).verdict()


def test_each_at_its_best_rate_bn_reaches_the_target_sooner():
    result = FasterNotBetter(seeds=3, steps=150).result()
    plain, bn = result.steps_to_target()
    assert result.rate[1] > result.rate[0]
    assert np.all(np.isfinite(bn))
    assert np.nanmean(bn) < np.nanmean(plain)
