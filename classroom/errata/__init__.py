"""What the 2015 talk printed wrong, what is right, and the smallest input on which one sees it.

The wrong formulas are functions here, as they were printed, for such inputs; what is right is computed by normlib.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from classroom.errata import standardizing, windows
from classroom.errata.erratum import Erratum, Failure

ERRATA: Mapping[str, Erratum] = MappingProxyType({e.id: e for e in (*windows.ERRATA, *standardizing.ERRATA)})

__all__ = ["ERRATA", "Erratum", "Failure"]
