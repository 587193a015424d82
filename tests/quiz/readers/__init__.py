"""Readers of other systems' formats, written after their descriptions and not after what writes them here."""
