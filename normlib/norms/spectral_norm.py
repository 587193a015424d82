"""Normalize weights, not activations: divide the whole weight by its largest singular value.

- The axes speak of a weight here: N counts the channels that go out of a layer, C those that come in, and H and W the
  kernel. The weight is read as a matrix: a row for each output channel, a column for each C, H and W.
- Once u and v have converged, the matrix has norm 1: a dense layer makes no input longer than it came. A convolution
  still may, for its patches overlap and a value counts in several: 3 x 3 weights of 1 / 3 make 3 of a constant 1.
- The singular value is estimated from two vectors, u on the left and v on the right, that move along with training: a
  step of the power iteration for each step of training. In the gradient both are constants.
- A singular value of 0 divides nothing: the weight stays as it is, as in Flax; PyTorch gives nan.
- The paper's algorithm 1, Keras and Flax move v first, by the u that they have, and then u;
  torch.nn.utils.parametrizations.spectral_norm moves u first, torch.nn.utils.spectral_norm v.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple, Self

import numpy as np

from normlib.core import Array, Hyper, Norm, Paper, Shape, preset
from normlib.derivations.spectral import over_singular_value
from normlib.layout import nchw_shape, to_nchw
from normlib.pool import ALL, Pool
from normlib.symbolic import Derivation

ROOM = 2.0**10  # as large as dy, and what is made of it, may be where x is as small as a float can be


class Cache(NamedTuple):
    """What the backward needs."""

    x: Array  # (N, C, H, W)
    u: Array  # (N,)
    v: Array  # (C, H, W)
    s: Array  # (), the singular value, or 1 where it is 0
    moves: bool  # whether s is the singular value, and so moves with x, u and v


@dataclass(frozen=True, kw_only=True)
class SpectralNorm(Norm):
    """Divide a weight by the singular value that belongs to u and v; defaults are those of PyTorch's parametrization.

    Source: Miyato et al. 2018, equation 8, and algorithm 1 for the power iteration.
    """

    title = "Spectral normalization"
    paper = Paper("Miyato et al.", 2018, "https://arxiv.org/abs/1802.05957")
    of_weights = True

    iterations: Annotated[int, Hyper("T", 0, 1000, "Steps of the power iteration at a time")] = 1
    first: Literal["u", "v"] = "u"  # which vector a step moves first
    eps: Annotated[float, Hyper(r"\epsilon", 0, 1, "The least norm that u and v are divided by")] = 1e-12

    @property
    def pool(self) -> Pool:
        """The whole weight."""
        return Pool(ALL, ALL, ALL, ALL)

    def _init(self, shape: Shape) -> dict[str, Array]:
        rng = np.random.default_rng(0)  # in no direction that a weight would avoid; the same at every call
        u, v = rng.normal(size=shape[0]), rng.normal(size=shape[1:])
        return {"u": u / np.linalg.norm(u), "v": v / np.linalg.norm(v)}

    def power_iteration(self, x: Array, u: Array, v: Array) -> dict[str, Array]:
        """Return u and v after some steps towards the singular vectors of x, as `forward` takes them.

        x, u, v: as for `forward`; u and v need not have the length 1.

        >>> norm = SpectralNorm(iterations=50, layout="NC")
        >>> x = np.array([[3.0, 0.0], [4.0, 5.0]])
        >>> y, _ = norm.forward(x, **norm.power_iteration(x, **norm.init(x.shape)))
        >>> float(round(np.linalg.norm(y, ord=2), 12))
        1.0
        """
        x = self._floating("x", x)
        self._check_shape("power_iteration: x's shape", x.shape)
        start = self._inward(x.shape, {"u": u, "v": v})
        rows, *columns = nchw_shape(x.shape, self.layout)
        matrix = _widened(to_nchw(x, self.layout)).reshape(rows, -1)
        left, right = _widened(start["u"]), _widened(start["v"]).ravel()
        for _ in range(self.iterations):
            if self.first == "u":
                left = self._unit(matrix @ right)
                right = self._unit(left @ matrix)
            else:
                right = self._unit(left @ matrix)
                left = self._unit(matrix @ right)
        moved = {"u": left, "v": right.reshape(columns)}
        return {name: self._outward(p, x.shape).astype(x.dtype) for name, p in moved.items()}

    def _unit(self, vector: Array) -> Array:
        length = np.maximum(np.linalg.norm(vector), self.eps)
        return vector / length if length else vector

    def _forward(self, x: Array, u: Array, v: Array) -> tuple[Array, Cache]:
        s = np.asarray(u @ _rows(x) @ v.ravel())
        moves = bool(np.abs(s) >= ROOM * np.finfo(x.dtype).tiny)  # dy over a smaller number would overflow
        cache = Cache(x, u, v, s if moves else np.ones_like(s), moves)
        return (x / cache.s).astype(x.dtype, copy=False), cache

    def _backward(self, dy: Array, cache: Cache) -> dict[str, Array]:
        x, u, v, s, moves = cache
        rows = _rows(x)
        along = moves * (_widened(dy).ravel() @ rows.ravel()) / s  # of dy and y
        dx = (dy - np.multiply.outer(u, v) * along) / s
        du, dv = -along / s * (rows @ v.ravel()), -along / s * (u @ rows)
        return {"x": dx, "u": du, "v": dv.reshape(v.shape)}

    def _derive(self) -> Derivation:
        return over_singular_value(self)

    @classmethod
    @preset("PyTorch")
    def pytorch(cls) -> Self:
        """Return that of PyTorch's parametrizations: u first, one step at a time."""
        return cls()

    @classmethod
    @preset("Keras")
    def keras(cls) -> Self:
        """Return Keras's: v first; its kernels have the output channels last."""
        return cls(first="v", layout="HWKM")

    @classmethod
    def variants(cls) -> dict[str, Self]:
        """Add more steps, none, and the other layouts."""
        return super().variants() | {
            "three steps": cls(iterations=3),
            "no step": cls(iterations=0),
            "output channels first, input channels last": cls(layout="NHWC"),
            "kernel of a sequence": cls(layout="NCL"),
            "matrix": cls(layout="NC"),
            "kernel of a volume": cls(layout="NCDHW"),
        }


def _widened(array: Array) -> Array:
    return array.astype(np.promote_types(array.dtype, np.float64), copy=False)


def _rows(x: Array) -> Array:
    """Return a weight as a matrix with a row for each output channel, in float64 or wider."""
    return _widened(x).reshape(len(x), -1)
