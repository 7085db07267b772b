"""Detectors, thresholds and the verdict. Nothing here knows about models."""
