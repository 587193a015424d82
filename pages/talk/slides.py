"""The talk, slide by slide."""

from classroom.ui import slides

slides.show()
