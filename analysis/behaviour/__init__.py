"""Predictions turned into accuracy, attack success rate, floor and intervals."""
