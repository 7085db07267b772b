"""Joint two-dimensional maps of two models, with their quality.

Importing this package or `analysis.project.specs` loads no scikit-learn, openTSNE or umap-learn.
"""
