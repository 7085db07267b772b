"""Joint two-dimensional maps of two models, with their quality."""
