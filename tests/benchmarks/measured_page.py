"""Tables of the benchmarks go into README.md beside them, each between its own marks."""

from pathlib import Path

PAGE = Path(__file__).parent / "README.md"


def write_table(table, mark):
    """Replace what stands between `<!-- mark -->` and `<!-- end: mark -->`."""
    head, begin, rest = PAGE.read_text("utf-8").partition(f"<!-- {mark} -->")
    _, end, tail = rest.partition(f"<!-- end: {mark} -->")
    assert begin, f"README.md has no place for {mark}"
    assert end, f"README.md has no end of {mark}"
    PAGE.write_text(f"{head}{begin}\n{table}\n{end}{tail}", "utf-8")
