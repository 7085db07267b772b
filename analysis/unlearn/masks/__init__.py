"""Which weights unlearning may change, one idea per file."""
