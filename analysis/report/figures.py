"""Every figure over stored records: tables in, plotly figures out, no files and no state."""

from __future__ import annotations

from analysis.report.layers import detector_heatmap, layer_peaks, layer_strip
from analysis.report.layout import export_config
from analysis.report.maps import PointGroup, scatter_pair
from analysis.report.ranking import default_threshold, flagging, score_histogram
from analysis.report.weights import overlaid_distributions, pair_grid, weight_heatmaps

__all__ = [
    "PointGroup",
    "default_threshold",
    "detector_heatmap",
    "export_config",
    "flagging",
    "layer_peaks",
    "layer_strip",
    "overlaid_distributions",
    "pair_grid",
    "scatter_pair",
    "score_histogram",
    "weight_heatmaps",
]
