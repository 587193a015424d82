from pathlib import Path

import numpy as np
import pytest

from classroom.exhibits import convnet_training
from classroom.exhibits.convnet_training import CIFAR10, FOLDER_VARIABLE, RECORDED, STEPS, ConvnetTraining
from classroom.picture import Note, Plot
from classroom.training import finished
from lab.experiments.digits_convnet import DigitsConvnet as Run

T_975_4 = 2.7764  # Student's t for five seeds


def test_bands_and_difference_are_the_intervals_over_the_seeds() -> None:
    data = ConvnetTraining().compute()
    result = finished(Run(steps=STEPS, seeds=5, recorded=RECORDED))
    for arm in (0, 1):
        seeds = 100 * result.accuracy[arm]
        assert data.accuracy[arm, :, 0] == pytest.approx(seeds.mean(axis=0))
        assert data.accuracy[arm, :, 1] == pytest.approx(T_975_4 * seeds.std(axis=0, ddof=1) / np.sqrt(5), rel=1e-4)
    ahead = 100 * (result.accuracy[1] - result.accuracy[0])
    assert [gained.mean for gained in data.gained] == pytest.approx(ahead.mean(axis=0))


@pytest.mark.parametrize("step", [0, 5, 75, STEPS])
def test_the_curves_grow_with_the_step_on_fixed_axes(step: int) -> None:
    exhibit = ConvnetTraining(step=step)
    data = exhibit.compute()
    whole = ConvnetTraining().picture(ConvnetTraining().compute())
    for panel, full in zip(exhibit.picture(data), whole, strict=True):
        if isinstance(panel, Plot):
            assert panel.figure.layout.yaxis.range == full.figure.layout.yaxis.range
            assert max(np.max(t.x) for t in panel.figure.data if len(t.x)) <= step
    assert f"{data.gained[data.now]} points" in exhibit.alt(data)


def test_without_the_files_of_cifar10_the_reader_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "nowhere"))
    exhibit = ConvnetTraining(data=CIFAR10)
    notes = exhibit.picture(exhibit.compute())
    assert all(isinstance(note, Note) for note in notes)
    assert "nowhere" in notes[0].text
    assert "cs.toronto.edu" in notes[0].text
    assert FOLDER_VARIABLE in notes[1].text


def test_the_place_in_the_project_is_named_without_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.setattr(convnet_training, "FOLDER", tmp_path / "assets" / "data" / "cifar-10-batches-bin")
    missing = ConvnetTraining(data=CIFAR10).compute().missing
    assert "assets/data/cifar-10-batches-bin" in missing
    assert str(tmp_path) not in missing
