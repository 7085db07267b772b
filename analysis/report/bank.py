"""The trigger bank of an inspection: what every published trigger did, beside the floor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from analysis.report.layout import styled
from analysis.report.palette import SUSPECT, theme
from analysis.report.text.spoken import say
from analysis.report.words import count, number, share

SHOWN = 14


def bank_table(bank: pd.DataFrame) -> pd.DataFrame:
    """One line per trigger, target and stage, the largest excess first, figures as text."""
    ordered = bank.sort_values(["excess", "n"], ascending=False, kind="stable")
    rows = ordered.to_dict("records")
    return pd.DataFrame(
        {
            "family": [str(row["family"]).replace("_", " ") for row in rows],
            "trigger": [" ".join(str(row["trigger"]).split()) for row in rows],
            "target": [int(row["target"]) for row in rows],
            "stage": [say(str(row["stage"])) for row in rows],
            "flips": [_share(row, "flips") for row in rows],
            "floor": [_share(row, "floor_flips") for row in rows],
            "excess": [_excess(row) for row in rows],
        }
    )


def _share(row: Mapping[Any, Any], name: str) -> str:
    n = int(row["n"])
    return share(int(row[name]), n) if n else say("fits no sample")


def _excess(row: Mapping[Any, Any]) -> str:
    if not int(row["n"]):
        return "–"
    return say(
        "{excess} [{low} to {high}]",
        excess=number(row["excess"]),
        low=number(row["low"]),
        high=number(row["high"]),
    )


def bank_sentence(bank: pd.DataFrame, facts: Mapping[str, Any]) -> str:
    """What was tried, and the smallest excess that could have shown."""
    screened = int(facts.get("screened") or 0)
    if not screened:
        return say(
            "The located text was inserted and flips the model, so the bank of published triggers "
            "was not needed."
        )
    smallest = facts.get("detectable_screened")
    tested = facts.get("detectable_tested")
    text = say(
        "{screened} published triggers were put into {screen_n} samples each (an "
        "excess of {smallest} or more would show), the strongest into up to {tested_n} "
        "others (smallest {tested}).",
        screened=count(screened),
        screen_n=count(int(facts["screen_n"])),
        smallest=number(smallest),
        tested_n=count(int(facts.get("tested_n") or 0)),
        tested=number(tested),
    )
    missing = int((bank.groupby(["family", "trigger"])["n"].max() == 0).sum())
    return text + (say(" {missing} fit none of the samples.", missing=missing) if missing else "")


def bank_figure(bank: pd.DataFrame, theme_name: str = "light") -> go.Figure:
    """The largest excesses with their 95 % intervals; zero is the floor."""
    usable = bank[bank["n"] > 0].sort_values("excess", ascending=False, kind="stable").head(SHOWN)
    usable = usable.iloc[::-1]
    names = [_name(row) for row in usable.to_dict("records")]
    chosen = theme(theme_name)
    figure = go.Figure(
        go.Scatter(
            x=usable["excess"],
            y=names,
            mode="markers",
            marker={"color": SUSPECT, "size": 9},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": usable["high"] - usable["excess"],
                "arrayminus": usable["excess"] - usable["low"],
                "color": chosen.text,
                "thickness": 1.2,
            },
            hovertemplate="%{y}: " + say("excess") + " %{x:.2f}<extra></extra>",
            name=say("excess"),
            showlegend=False,
        )
    )
    figure.add_vline(x=0, line={"color": chosen.text, "width": 1, "dash": "dot"})
    styled(figure, theme_name, 60 + 24 * max(len(names), 3))
    figure.update_xaxes(
        title_text=say("flips beyond the floor, share of samples"), range=[-0.55, 1.05]
    )
    figure.update_layout(margin={"l": 290})
    return figure


def _name(row: Mapping[Any, Any]) -> str:
    text = " ".join(str(row["trigger"]).split())
    text = text if len(text) <= 26 else text[:25] + "…"
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"{safe} → {int(row['target'])} ({say(str(row['stage']))}, n {int(row['n'])})"
