"""Small clean and poisoned models, the manifest of their samples, and what rebuilds them."""
