"""One file per operator: words in its docstring, the formula in its derivation alone. `normlib.NORMS` finds them."""
