"""Documents made of a run: HTML, PDF, PPTX and their tables."""
