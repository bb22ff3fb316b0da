"""Measures of what was drawn: of a run, a folder or an archive, and comparisons of them."""
