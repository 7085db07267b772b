"""Figures and words over records; returns values, never prints."""
