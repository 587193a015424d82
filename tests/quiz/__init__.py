"""Questions: read, checked, shown, graded, scored."""
