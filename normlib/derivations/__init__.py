"""The two families of the talk in symbols: what standardizes, and what damps."""
