"""What the model is asked about that its training never saw."""
