"""The run store: records, tables, cache and jobs. The only code that writes runs."""
