"""Which weights may change: one score per file, the registry in `specs`."""
