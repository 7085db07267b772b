"""Which text carries the trigger, and what inserting it does."""
