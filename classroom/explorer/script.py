"""The numbers of the explorer from normlib alone: a script that a reader can run and change."""

from __future__ import annotations

from classroom.explorer.scene import Scene
from classroom.takeaway import constructed, imported, literal


def script(
    scene: Scene,
    *,
    arrays: str,
    source: str,
    own: str,
    seed: int,
    change: tuple[str, float, float],
    affine: tuple[float, float, float],
    upstream: tuple[str, str],
) -> str:
    """Return a script that prints what the asked cell holds: x, y, dl/dy and dl/dx, as on the screen.

    arrays: the usual input's name in the file of the arrays; change: reach, factor and summand of the input; affine:
    gamma, beta and how far the gammas are apart; upstream: the loss, and what is painted.
    """
    reach, times, plus = map(literal, change)
    gamma, beta, apart = map(literal, affine)
    loss, paint = map(literal, upstream)
    bug = scene.bug
    imports = [
        imported(scene.norm),
        "from classroom.explorer.operators import parameters",
        "from classroom.explorer.scene import Cell, changed, upstream_of",
        *([] if own else ["from classroom.explorer.tensors import tensor"]),
        *(["from classroom.explorer.bugs import BUGS"] if bug else []),
    ]
    usual = f'tensor({literal(source)}, "", {seed}).x'
    if own:
        usual = f'np.load("explorer.npz")["{arrays}"]  # beside this script: the arrays of the explorer'
    forward, backward = "norm.forward(x, **params)[0]", "norm.backward(dy, norm.forward(x, **params)[1])"
    if bug is not None:
        forward, backward = "bug.forward(norm, x, params)", "bug.backward(norm, x, params, dy)"
    lines = [
        f"usual = {usual}",
        f"cell = Cell{tuple(scene.cell)}  # sample, channel, row, column, from 0",
        f"x = changed(usual, cell, {reach}, {times}, {plus})  # {scene.x.shape}",
        f"norm = {constructed(scene.norm)}",
        f"params = parameters(norm, x, usual, gamma={gamma}, beta={beta}, apart={apart})",
        *([f"bug = BUGS[{literal(bug.key)}]  # on purpose: {bug.title}"] if bug else []),
        f"y = {forward}",
        f"dy = upstream_of({loss}, y, cell, {paint}, {seed})",
        f'dx = {backward}["x"]',
    ]
    show = [
        "",
        "for name, values in {'x': x, 'y': y, 'dl/dy': dy, 'dl/dx': dx}.items():",
        "    print(name, values[cell])",
    ]
    head = ["# The explorer's numbers. Run it in the folder of this talk, where its packages lie."]
    return "\n".join([*head, "import numpy as np", "", *sorted(imports), "", *lines, *show, ""])
