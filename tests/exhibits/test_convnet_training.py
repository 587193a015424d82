from pathlib import Path

import numpy as np
import pytest

from classroom.exhibit import render
from classroom.exhibits.convnet_training import CIFAR10, MNIST, RECORDED, STEPS, ConvnetTraining
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


@pytest.mark.parametrize("made", [False, True], ids=["no folder", "an empty folder"])
@pytest.mark.parametrize(
    ("pictures", "variable", "address"),
    [(CIFAR10, "CIFAR10_FOLDER", "cs.toronto.edu"), (MNIST, "MNIST_FOLDER", "ossci-datasets.s3.amazonaws.com")],
)
def test_without_the_files_the_reader_is_told_what_to_do_and_the_log_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, made: bool, pictures: str,
    variable: str, address: str,
) -> None:  # fmt: skip
    folder = tmp_path / "secret" / "nowhere"
    if made:
        folder.mkdir(parents=True)
    monkeypatch.setenv(variable, str(folder))
    exhibit = ConvnetTraining(data=pictures)
    data = exhibit.compute()
    notes = exhibit.picture(data)
    assert all(isinstance(note, Note) for note in notes)
    assert "nowhere" in notes[0].text
    assert address in notes[0].text
    assert variable in notes[1].text
    assert b"secret" not in render(exhibit)
    assert str(folder) in caplog.text


def test_the_folder_of_the_project_is_named_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CIFAR10_FOLDER", raising=False)
    exhibit = ConvnetTraining(data=CIFAR10)
    assert "assets/data/cifar-10-batches-bin" in exhibit.picture(exhibit.compute())[1].text
