"""What the attention weights say, in a sentence and in numbers."""

from __future__ import annotations

import pandas as pd

from analysis.report.text.spoken import say, term
from analysis.report.weights import is_control, whole_matrices
from analysis.report.words import number

ENOUGH_PAIRS = 19  # with fewer, even the largest of all has p above 0.05
# "Hardly differ" also needs a small difference as such: two clean models can differ a lot.
SMALL = {"effect_size": 0.2, "ks": 0.05}  # Cohen's small effect; a twentieth of all entries


def weights_sentence(table: pd.DataFrame, measure: str = "effect_size") -> str:
    """The first sentence of the attention screen, in English, as a record would hold it.

    Args:
        table: the contract's attention table.
        measure: a pair statistic; its absolute value is compared.
    """
    whole = whole_matrices(table)
    suspect = whole.loc[whole["model"] == "suspect", measure].abs().max()
    control = whole.loc[is_control(whole["model"]), measure].abs().max()
    name = MEASURES[measure].lower()
    if pd.isna(suspect):
        return "There is no reference of the same shape, so the weights cannot be compared."
    if pd.isna(control):
        return (
            f"Largest {name} between the models: {number(suspect)}. No control: without two clean "
            "models nobody can say whether that is much."
        )
    figures = f"largest {name} {number(suspect)}, clean against clean {number(control)}."
    pairs = int(whole.loc[is_control(whole["model"]), "model"].nunique())
    if suspect > control and suspect > SMALL.get(measure, 0.0):
        return _more(figures, pairs)
    if suspect <= SMALL.get(measure, 0.0):
        return (
            "Query, key and value weights hardly differ between the models, as the paper found: "
            f"{figures}"
        )
    return (
        "Query, key and value weights differ no more than those of two clean models, so they are "
        f"no evidence: {figures}"
    )


def _more(figures: str, pairs: int) -> str:
    """More than clean models: evidence only where enough clean pairs stand behind it."""
    few = "this one clean pair does" if pairs == 1 else f"these {pairs} clean pairs do"
    lead = f"Query, key and value weights differ more than {few}"
    if pairs < ENOUGH_PAIRS:
        return f"{lead}; that is too few pairs to call it evidence: {figures}"
    return f"{lead}: {figures}"


MEASURES = {
    "effect_size": term("Effect size"),
    "ks": term("Kolmogorov-Smirnov distance"),
    "wasserstein": term("Wasserstein distance"),
    "jensen_shannon": term("Jensen-Shannon divergence"),
    "relative_change": term("Relative change"),
    "spectral_shift": term("Spectral shift"),
}


def cell_numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """The numbers beside the distributions of one cell, one line per model, as text.

    Args:
        rows: from `weights.cell_rows`.
    """
    lines = []
    for row in rows.to_dict("records"):
        line = {"model": str(row["model"])}
        for name in ("mean", "std", "skew", "kurtosis"):
            line[name] = number(row[name])
        for name, title in MEASURES.items():
            line[title.lower()] = number(row.get(name))
        if pd.notna(row.get("effect_low")) and pd.notna(row.get("effect_size")):
            line["effect size"] = say(
                "{excess} [{low} to {high}]",
                excess=number(row["effect_size"]),
                low=number(row["effect_low"]),
                high=number(row["effect_high"]),
            )
        adjusted = row.get("p_adjusted")
        no_p = say(str(row.get("control") or "–"))
        line["p, adjusted"] = no_p if pd.isna(adjusted) else number(adjusted)
        lines.append(line)
    return pd.DataFrame(lines)
