"""Expressions as a reader types them: read, shown, computed and compared, and never evaluated as a program."""
