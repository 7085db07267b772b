"""Opening, describing, converting and saving checkpoints: the only place that touches them."""
