"""The numbers of the explorer from normlib alone: a script that a reader can run and change."""

from __future__ import annotations

from classroom.explorer.scene import Scene
from classroom.takeaway import constructed, imported, literal


def script(
    scene: Scene,
    *,
    source: str,
    own: str,
    seed: int,
    change: tuple[str, float, float],
    affine: tuple[float, float],
    upstream: tuple[str, str],
) -> str:
    """Return a script that prints what the asked cell holds: x, y, dl/dy and dl/dx, as on the screen.

    change: reach, factor and summand of the input; affine: gamma and beta; upstream: the loss, and what is painted.
    """
    reach, times, plus = map(literal, change)
    gamma, beta = map(literal, affine)
    loss, paint = map(literal, upstream)
    bug = scene.bug
    imports = [
        imported(scene.norm),
        "from classroom.explorer.operators import parameters",
        "from classroom.explorer.scene import Cell, changed, upstream_of",
        *([] if own else ["from classroom.explorer.tensors import tensor"]),
        *(["from classroom.explorer.bugs import BUGS"] if bug else []),
    ]
    usual = 'np.load("explorer.npz")["usual"]  # beside this script: the arrays of the explorer' if own else (
        f"tensor({literal(source)}, \"\", {seed}).x"
    )  # fmt: skip
    lines = [
        f"usual = {usual}",
        f"cell = Cell{tuple(scene.cell)}  # sample, channel, row, column, from 0",
        f"x = changed(usual, cell, {reach}, {times}, {plus})  # {scene.x.shape}",
        f"norm = {constructed(scene.norm)}",
        f"params = parameters(norm, x, usual, gamma={gamma}, beta={beta})",
        "y, cache = norm.forward(x, **params)",
        f"dy = upstream_of({loss}, y, cell, {paint}, {seed})",
        'dx = norm.backward(dy, cache)["x"]',
    ]
    if bug is not None:
        lines += [
            "",
            f"# {bug.title}: on purpose",
            f"bug = BUGS[{literal(bug.key)}]",
            'y, dx = bug.forward(norm, x, params), bug.backward(norm, x, params, dy)["x"]',
        ]
    show = [
        "",
        "for name, values in {'x': x, 'y': y, 'dl/dy': dy, 'dl/dx': dx}.items():",
        "    print(name, values[cell])",
    ]
    head = ["# The explorer's numbers. Run it in the folder of this talk, where its packages lie."]
    return "\n".join([*head, "import numpy as np", "", *sorted(imports), "", *lines, *show, ""])
