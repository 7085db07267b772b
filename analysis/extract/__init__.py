"""From an opened model and samples to activations, predictions and attention statistics."""
