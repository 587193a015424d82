"""How a formula speaks of a pool: of a cell in it, of another one, of sums over it, and of its statistic.

Along a whole axis an index is summed away. Within a group it stays, for it says which group: a statistic of the group
stands at each of its channels, and a sum runs over k' in G(k).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import sympy as sp

from normlib.nodes import HERE, THERE, Inside, PoolSize, PoolSum, Same, i, j, k, m, mul
from normlib.pool import ALL, Groups
from normlib.symbolic import Indices

if TYPE_CHECKING:
    from normlib.core import Norm

_PRIME = dict(zip(HERE, THERE, strict=True))


class Cells(NamedTuple):
    """The indices that a pool takes: along whole axes, and within groups."""

    whole: Indices
    grouped: Indices

    @property
    def pooled(self) -> Indices:
        """All indices that vary within the pool."""
        return tuple(a for a in HERE if a in self.whole or a in self.grouped)

    @property
    def there(self) -> Indices:
        """Another cell of the same pool."""
        return self.other(HERE)

    @property
    def inner(self) -> Indices:
        """A cell under `sum`."""
        return tuple(_PRIME[a] if a in self.grouped else a for a in HERE)

    @property
    def size(self) -> sp.Expr:
        """How many cells the pool has."""
        return PoolSize(self.pooled)

    @property
    def same(self) -> sp.Expr:
        """Delta: 1 where the other cell is this one."""
        return Same(self.pooled, self.other(self.pooled))

    def other(self, indices: Indices) -> Indices:
        """Return the same indices for another cell of the pool."""
        return tuple(_PRIME[a] if a in self.pooled else a for a in indices)

    def statistic(self, base: sp.IndexedBase, there: bool = False) -> sp.Expr:
        """Return the statistic of a cell's pool, or of the other's; a plain symbol where no index is left."""
        left = tuple(a for a in HERE if a not in self.whole)
        indices = self.other(left) if there else left
        return base[indices] if indices else base.label

    def sum(self, body: sp.Expr) -> sp.Expr:
        """Sum a body that is written at `inner`."""
        return self._sum(body, self.whole)

    def sum_there(self, body: sp.Expr) -> sp.Expr:
        """Sum a body that is written at `there`."""
        return self._sum(body, self.other(self.whole))

    def within(self, term: sp.Expr) -> sp.Expr:
        """Return a term that counts in one pool alone: times 1 where the other cell is of this one's group, else 0."""
        return mul(term, Inside(self.other(self.grouped), self.grouped)) if self.grouped else term

    def _sum(self, body: sp.Expr, whole: Indices) -> sp.Expr:
        inside = PoolSum(body, self.other(self.grouped), self.grouped) if self.grouped else body
        return PoolSum(inside, whole) if whole else inside


def cells_of(norm: Norm) -> Cells:
    """Return the indices of a norm's pool."""
    kinds = dict(zip((m, k, i, j), norm.pool, strict=True))
    return Cells(tuple(a for a in HERE if kinds[a] is ALL), tuple(a for a in HERE if isinstance(kinds[a], Groups)))


def proof_shape(norm: Norm) -> tuple[int, int, int, int]:
    """Three cells in one pool, along the first axis that is pooled; with groups of channels, in each of them."""
    channels = norm.pool.small.c
    if isinstance(channels, Groups):
        return 1, 3 * channels.number, 1, 1
    first = norm.pool.index(ALL)
    lengths = [3 if axis == first else 1 for axis in range(4)]
    return lengths[0], lengths[1], lengths[2], lengths[3]
