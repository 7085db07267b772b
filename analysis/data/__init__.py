"""Reading samples, cutting them from the standard library, mutating and poisoning them."""
