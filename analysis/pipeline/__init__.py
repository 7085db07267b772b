"""Order, progress and status of each step: the only place that knows how the stages follow."""
