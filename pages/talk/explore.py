"""Any operator on any input, to play with."""

from classroom.ui import explore

explore.show()
