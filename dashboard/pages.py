"""Every screen: file, title, icon, address, and which kinds of run it shows."""

from __future__ import annotations

from typing import NamedTuple

from dashboard.text import term


class Page(NamedTuple):
    """One screen."""

    path: str  # below dashboard/
    title: str
    icon: str
    address: str
    kinds: tuple[str, ...] = ()  # kinds of run it shows; empty where it needs none


PAGES: tuple[Page, ...] = (
    Page("views/overview.py", term("Overview"), ":material/home:", "overview"),
    Page("views/scan.py", term("Scan"), ":material/policy:", "scan", ("scan",)),
    Page(
        "views/embeddings.py",
        term("Embeddings"),
        ":material/scatter_plot:",
        "embeddings",
        ("inspect",),
    ),
    Page("views/attention.py", term("Attention"), ":material/grid_on:", "attention", ("inspect",)),
    Page("views/anomalies.py", term("Anomalies"), ":material/flag:", "anomalies", ("inspect",)),
    Page("views/triggers.py", term("Triggers"), ":material/bolt:", "triggers", ("inspect",)),
    Page(
        "views/unlearn.py", term("Unlearn"), ":material/cleaning_services:", "unlearn", ("unlearn",)
    ),
    Page("views/sweep.py", term("Settings sweep"), ":material/grid_view:", "sweep", ("sweep",)),
    Page("views/audit.py", term("Audit"), ":material/gavel:", "audit", ("audit",)),
    Page("views/health.py", term("Health check"), ":material/monitor_heart:", "health"),
    Page("views/report.py", term("Report"), ":material/summarize:", "report"),
    Page("views/compare.py", term("Compare"), ":material/compare_arrows:", "compare"),
    Page("views/train.py", term("Train"), ":material/model_training:", "train", ("train",)),
    Page("views/lab.py", term("Poisoning lab"), ":material/science:", "lab"),
    Page("views/methods.py", term("Methods"), ":material/fact_check:", "methods"),
    Page("views/help.py", term("Help"), ":material/menu_book:", "help"),
)


def home_of(kind: str) -> Page:
    """The screen that shows a run of this kind first."""
    return next((page for page in PAGES if kind in page.kinds), PAGES[0])
