"""Trigger families, one per file."""
