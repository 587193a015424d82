"""The presenter's view."""

from classroom.ui import present

present.show()
