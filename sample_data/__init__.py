"""Small clean and poisoned models, their manifest, and the script that rebuilds them."""
