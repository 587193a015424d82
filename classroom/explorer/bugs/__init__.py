"""Erroneous twins of formulas: what the talk printed and what people write, to be watched where it goes wrong.

A twin is written for whole tensors and any settings, and says the change alone; the rest is normlib's. What is wrong in
the talk also stands in classroom.errata, on the smallest input that shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from classroom.explorer.bugs.bug import Bug, Formulas
from classroom.explorer.bugs.check import Check, gradient_check
from classroom.explorer.bugs.dynamic_tanh import BUGS as OF_DYNAMIC_TANH
from classroom.explorer.bugs.lengths import BUGS as OF_LENGTHS
from classroom.explorer.bugs.running import BUGS as OF_RUNNING_STATISTICS
from classroom.explorer.bugs.scale_and_shift import BUGS as OF_SCALE_AND_SHIFT
from classroom.explorer.bugs.standardizing import BUGS as OF_STANDARDIZING
from classroom.explorer.bugs.windows import BUGS as OF_WINDOWS
from normlib import Norm

_ALL = (
    *OF_STANDARDIZING,
    *OF_WINDOWS,
    *OF_LENGTHS,
    *OF_DYNAMIC_TANH,
    *OF_RUNNING_STATISTICS,
    *OF_SCALE_AND_SHIFT,
)
BUGS: Mapping[str, Bug] = MappingProxyType({bug.key: bug for bug in _ALL})


def bugs_for(norm: Norm) -> tuple[Bug, ...]:
    """Return the bugs that an operator can have at its settings: those of the forward first.

    >>> from normlib.norms.dynamic_tanh import DynamicTanh
    >>> [bug.key for bug in bugs_for(DynamicTanh())][:2]
    ['steepness_forgotten', 'gamma_forgotten']
    """
    return tuple(sorted((b for b in BUGS.values() if b.fits(norm)), key=lambda bug: bug.where == "backward"))


__all__ = ["BUGS", "Bug", "Check", "Formulas", "bugs_for", "gradient_check"]
