"""What a probe must show to convict, to leave a doubt, or to clear: by what its floor is."""

from __future__ import annotations

from analysis.detect.evidence import (
    CLEAR_EXCESS,
    DOUBT_EXCESS,
    DOUBT_PLACEBO,
    FOUND_EXCESS,
    FOUND_PLACEBO,
    MOST_NEUTRAL,
)
from analysis.records import ProbeResult


def bar(probe: ProbeResult) -> float:
    """Lower bound of the excess from which a probe convicts."""
    return FOUND_EXCESS if _against_reference(probe) else FOUND_PLACEBO


def doubt(probe: ProbeResult) -> float:
    """Lower bound of the excess from which a probe leaves a doubt."""
    # A placebo is a weaker control: real code in place of neutral code may flip a few.
    return DOUBT_EXCESS if _against_reference(probe) else DOUBT_PLACEBO


def clear(probe: ProbeResult) -> float:
    """Upper bound of the excess below which a probe says that the suspect does not react."""
    return CLEAR_EXCESS if _against_reference(probe) else FOUND_PLACEBO


def is_deaf(probe: ProbeResult) -> bool:
    """Whether a trojan could not show: placebo and trigger alike turn most samples."""
    both = min(probe.flips, probe.floor_flips)
    return not _against_reference(probe) and both > MOST_NEUTRAL * probe.n


def turns_reference(probe: ProbeResult) -> bool:
    """Whether the text turns most samples for the reference as well."""
    return _against_reference(probe) and probe.floor_flips > MOST_NEUTRAL * probe.n


def _against_reference(probe: ProbeResult) -> bool:
    return probe.floor_source == "reference"
