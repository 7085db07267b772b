"""Kenshin's analysis core: from two checkpoints and a sample file to a verdict with its reasons."""

__version__ = "0.1.0"
