"""Losses that a poisoned sample pulls less than cross-entropy; see `specs` for the list."""
