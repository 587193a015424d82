"""Out of the explorer and into it: scripts, refusals in a sentence, and links."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from starlette.testclient import TestClient

import app
from classroom.exhibit import SettingsError, render
from classroom.exhibits.explorer import BACKWARD, COMPARE, FORWARD, GRAPH, RIGHT, Explorer
from classroom.explorer.bugs import BUGS
from classroom.explorer.link import LEAST, STEP, query
from classroom.explorer.operators import CHOICES
from classroom.explorer.scene import ONE_CELL, PAINTED, SQUARES, SUM, UPSTREAM
from classroom.explorer.tensors import OWN
from classroom.explorer.uploads import MAX_VALUE, keep
from classroom.takeaway import arrays
from normlib import NORMS
from normlib.norms.batch_norm import BatchNorm
from normlib.norms.cross_channel_norm import CrossChannelNorm
from tests.explorer.views import HALF, ROOT, UNUSUAL, VIEWS, asked

# The script gives the same numbers by itself.

SCRIPTS: list[dict[str, Any]] = [
    {"view": FORWARD, "operator": "batch", "apart": 0.3, **UNUSUAL},
    {"view": FORWARD, "operator": "batch_at_inference", "times": 1.7, "reach": "this channel"},
    {"view": FORWARD, "operator": "spectral", "source": "photographs", "iterations": 2},
    {"view": FORWARD, "operator": "layer", "bug": "variance_not_centred", "upstream": ONE_CELL},
    {"view": FORWARD, "operator": "layer", "bug": "mean_constant"},  # it is wrong on the way back: not in this view
    {"view": BACKWARD, "operator": "layer", "bug": "mean_constant", "upstream": SQUARES, "eps_power": 0.5},
    {"view": BACKWARD, "operator": "group", "groups": 3, "upstream": SUM, "source": "digits", "row": 3, "column": 8},
    {"view": BACKWARD, "operator": "local_response_across_channels", "size": 4, "strength": 2.0, "offset": 0.7},
    {"view": BACKWARD, "operator": "batch_renorm", "upstream": PAINTED, "paint": HALF, "times": 2.0, "r_max": 1.5},
    {"view": GRAPH, "operator": "switchable", "upstream": SQUARES, "bug": "mean_constant", "step": 9},
    {"view": COMPARE, "operator": "weight_standardization", "second": "batch", "bug": "eps_forgotten"},
    {"view": FORWARD, "operator": "instance", "source": OWN, "plus": -0.3},
    {"view": COMPARE, "operator": "lp_at_each_position", "source": OWN, "p": 3.0, "reach": "this sample"},
    {"view": BACKWARD, "operator": "filter_response", "source": OWN, "upstream": PAINTED, "paint": HALF, "beta": 0.5},
]


def expected_numbers(exhibit: Explorer) -> list[float]:
    """The asked cell's x, y, dl/dy and dl/dx in the arrays of the backward, with the bug that the view has, if any."""
    bug = BUGS.get(exhibit.bug)
    acts = exhibit.view == BACKWARD or (exhibit.view == FORWARD and bug is not None and bug.where == "forward")
    data = replace(exhibit, view=BACKWARD, bug=exhibit.bug if acts else RIGHT).compute()
    cell = tuple(min(at, n) - 1 for at, n in zip((exhibit.sample, exhibit.channel, exhibit.row, exhibit.column),
                                                 data.scene.x.shape, strict=True))  # fmt: skip
    found = exhibit.compute()
    scene = found.scenes[exhibit.operator] if exhibit.view == COMPARE else found.scene
    np.testing.assert_array_equal(scene.y, data.scene.y)
    return [float(values[cell]) for values in (scene.x, scene.y, data.dy, data.dx)]


def test_every_script_runs_and_prints_the_numbers_of_the_screen(tmp_path):
    own = keep(np.random.default_rng(5).normal(0.4, 2.0, (2, 3, 9, 6)), "mine.npy")
    exhibits = [asked(**settings, own=own) for settings in SCRIPTS]
    for i, exhibit in enumerate(exhibits):
        folder = tmp_path / f"{i:02}"
        folder.mkdir()
        (folder / "explorer.py").write_text(exhibit.code(), encoding="utf-8")
        if exhibit.source == OWN:
            (folder / "explorer.npz").write_bytes(arrays(exhibit))
    run = (
        "import os, runpy, sys\n"
        "for folder in sys.argv[1:]:\n"
        "    os.chdir(folder)\n"
        "    print(folder)\n"
        "    runpy.run_path('explorer.py')\n"
    )
    folders = sorted(map(str, tmp_path.iterdir()))
    done = subprocess.run([sys.executable, "-c", run, *folders], env={**os.environ, "PYTHONPATH": str(ROOT)},
                          capture_output=True, text=True, timeout=120, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = iter(done.stdout.splitlines())
    for folder, exhibit in zip(folders, exhibits, strict=True):
        assert next(lines) == folder
        for name, expected in zip(("x", "y", "dl/dy", "dl/dx"), expected_numbers(exhibit), strict=True):
            said_name, _, value = next(lines).partition(" ")
            assert said_name == name
            assert float(value) == pytest.approx(expected, rel=1e-12, abs=1e-300), (exhibit, name)
    assert not list(lines)


# Numbers that are none are a sentence.


def test_settings_that_divide_nothing_by_nothing_are_refused_in_a_sentence():
    nothing = asked(view=BACKWARD, operator="lp_of_the_sample", times=0.0, plus=0.0)
    with pytest.raises(SettingsError) as refused:
        nothing.compute()
    assert str(refused.value) == (
        "lp of the sample: the numbers must be finite, got 0/0 or more than a number can hold. "
        "Change the input, or raise ε."
    )


def test_the_server_answers_them_with_that_sentence_and_422():
    server = TestClient(app.app, raise_server_exceptions=False)
    settings = {"view": BACKWARD, "operator": "lp_of_the_sample", "times": "0", "plus": "0"}
    reply = server.get("/api/exhibit/explorer", params=settings)
    assert reply.status_code == 422
    assert reply.text.startswith("lp of the sample: the numbers must be finite, got 0/0")
    assert server.get("/api/exhibit/explorer", params=settings | {"plus": "1"}).status_code == 200


@pytest.mark.parametrize("size", [5e-324, 1e-300, 1e-160, 1e16, MAX_VALUE])
@pytest.mark.parametrize("view", VIEWS)
def test_tiny_and_huge_numbers_give_a_picture_or_a_sentence(size, view):
    own = keep(size * np.random.default_rng(1).choice([-1.0, 0.0, 1.0], (2, 2, 3, 4)), "size.npy")
    drawn, refused = 0, set()
    for operator, upstream in zip(CHOICES, (UPSTREAM[i % len(UPSTREAM)] for i in count()), strict=False):
        exhibit = Explorer(view=view, source=OWN, own=own, operator=operator, upstream=upstream, times=1.0, plus=0.0)
        try:
            render(exhibit)
            drawn += 1
        except SettingsError as error:
            refused.add(str(error).partition(": ")[2])
    assert refused <= {
        "the numbers must be finite, got 0/0 or more than a number can hold. Change the input, or raise ε."
    }
    assert drawn > len(CHOICES) / 2


# From an operator of the talk to the same in the explorer.

PRESETS = {
    f"{key}: {name}": norm
    for key, kind in NORMS.items()
    for name, norm in {**kind.presets(), "as it is": kind()}.items()
}
LINKED = {name: norm for name, norm in PRESETS.items() if query(norm)}


def test_every_operator_with_its_own_defaults_has_a_link():
    without = {key for key in NORMS if f"{key}: as it is" not in LINKED}
    assert without == {"cross_channel_norm"}  # its strength, 2·10⁻⁵, is less than a step of the slider


def test_the_link_knows_the_sliders_that_it_sets():
    controls = Explorer.controls()
    assert controls["eps_power"].low == LEAST
    assert controls["strength"].step == STEP
    assert query(CrossChannelNorm(alpha=0.25)) == "operator=cross_channel&size=5&strength=0.25&power=0.75&offset=1.0"
    assert query(CrossChannelNorm(alpha=0.26)) == ""


@pytest.mark.parametrize("name", LINKED)
def test_a_link_leads_to_an_operator_that_computes_the_same(name):
    norm = replace(LINKED[name], layout="NCHW")
    exhibit, notices = Explorer.from_state(dict(parse_qsl(query(norm))))
    assert notices == []
    there = CHOICES[exhibit.operator].norm({**exhibit.state(), "eps_power": 10.0**exhibit.eps_power}, 64)
    assert type(there) is type(norm)
    shape = (3, 64, 4, 5)
    rng = np.random.default_rng(0)
    x = rng.normal(0.7, 1.3, shape)
    own = norm.init(shape)
    params = {name: rng.uniform(0.6, 1.4, p.shape) for name, p in there.init(shape).items()}
    y, _ = there.forward(x, **params)
    expected, _ = norm.forward(x, **{name: params[name] for name in own})
    if own.keys() != params.keys():  # no scale and no shift: the explorer's are then 1 and 0
        y, _ = there.forward(x, **{name: params[name] if name in own else p for name, p in there.init(shape).items()})
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)


def test_what_the_explorer_cannot_do_has_no_link():
    assert query(BatchNorm(eps=1e-3)) == "operator=batch&eps_power=-3.0"
    for name in ("mean_variance_norm: OpenCV", "local_response_norm: PyTorch", "weight_standardization: timm"):
        assert name in PRESETS
        assert name not in LINKED
