"""What is claimed in the talk, and on what grounds."""

from classroom.ui import ledger

ledger.show()
