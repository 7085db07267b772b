"""Losses that resist poisoned samples, one per file."""
