"""The composition roots, one per function: the only place that knows both halves."""
