"""The charts of a report: described once from stored tables, drawn by matplotlib or by plotly."""
