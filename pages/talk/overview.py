"""All slides at a glance."""

from classroom.ui import overview

overview.show()
