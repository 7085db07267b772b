"""Is it really gone? Attacks on an unlearned model, and the verdict."""
