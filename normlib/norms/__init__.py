"""One file per operator; its docstring is its slide. `normlib.NORMS` finds them."""
