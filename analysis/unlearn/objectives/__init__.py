"""What unlearning minimises, one idea per file."""
