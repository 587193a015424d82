"""What every operator computes, from its code."""

from classroom.ui import operators

operators.show()
