"""The whole talk on one page."""

from classroom.ui import read

read.show()
