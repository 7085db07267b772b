"""Two runs side by side: what was asked, what was answered, and where they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any, NamedTuple

import pandas as pd

from analysis.report.text.spoken import say, term
from analysis.report.words import answer_word, count, duration, interval, layer_name, part

SHORT = 12  # hexadecimal digits of a fingerprint that are shown
FIGURES = {
    "clean_accuracy": term("clean accuracy"),
    "asr_all": "ASR",
    "natural_flip_floor": term("natural-flip floor"),
    "excess_asr": term("excess ASR"),
}


class Agreement(NamedTuple):
    """How far two rankings of the same samples agree."""

    shared: int  # samples that both ranked
    correlation: float  # Spearman's, of the scores; NaN below three shared samples
    both: int  # flagged in both
    only_first: int
    only_second: int


def comparison(first: Mapping[str, Any], second: Mapping[str, Any]) -> pd.DataFrame:
    """Facts of two records: columns fact, first, second, differs; facts that neither has are out.

    Args:
        first: a record.
        second: another record.
    """
    one, other = dict(_facts(first)), dict(_facts(second))
    names = [*one, *(name for name in other if name not in one)]
    rows = [
        {
            "fact": name,
            "first": one.get(name, "–"),
            "second": other.get(name, "–"),
            "differs": one.get(name) != other.get(name),
        }
        for name in names
    ]
    kept = [row for row in rows if {row["first"], row["second"]} != {"–"}]
    return pd.DataFrame(kept, columns=["fact", "first", "second", "differs"])


def agreement(first: pd.DataFrame, second: pd.DataFrame) -> Agreement:
    """Compare two `ranking` tables by sample_id.

    Args:
        first: columns sample_id, score, flagged.
        second: the same columns of the other run.
    """
    joined = first.merge(second, on="sample_id", suffixes=("_1", "_2"))
    flagged_1 = joined["flagged_1"].astype(bool)
    flagged_2 = joined["flagged_2"].astype(bool)
    enough = len(joined) >= 3
    ranks = joined["score_1"].rank().corr(joined["score_2"].rank()) if enough else float("nan")
    return Agreement(
        shared=len(joined),
        correlation=float(ranks),
        both=int((flagged_1 & flagged_2).sum()),
        only_first=int((flagged_1 & ~flagged_2).sum()),
        only_second=int((~flagged_1 & flagged_2).sum()),
    )


def _facts(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    verdict = record.get("verdict") or {}
    yield say("answer"), answer_word(verdict.get("answer") or record.get("status")).lower()
    for name in ("data", "model"):
        answer, _ = part(verdict, name)
        yield say(name), answer_word(answer).lower() if answer else "–"
    yield say("layer"), layer_name(verdict["layer"]) if verdict.get("layer") else "–"
    yield from _inputs(record.get("inputs") or {})
    yield from _figures(record.get("metrics") or {})
    environment = record.get("environment") or {}
    for name in ("device", "precision", "seed"):
        yield say(name), str(environment.get(name, "–"))
    seconds = sum(float(step.get("seconds") or 0) for step in record.get("steps") or ())
    yield say("time of the steps"), duration(seconds)
    for name, value in sorted((record.get("config") or {}).get("values", {}).items()):
        yield say("option {name}", name=name), str(value)


def _inputs(inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    numbers: dict[str, int] = {}
    for model in inputs.get("models") or ():
        role = str(model.get("role"))
        numbers[role] = numbers.get(role, 0) + 1
        name = say(role) if numbers[role] == 1 else f"{say(role)} {numbers[role]}"
        yield name, _named(model)
    for samples in inputs.get("samples") or ():
        rows = count(int(samples.get("rows") or 0))
        yield (
            say("{role} file", role=say(str(samples.get("role")))),
            say("{name}, {rows} rows", name=_named(samples), rows=rows),
        )


def _named(entry: Mapping[str, Any]) -> str:
    return f"{PurePath(str(entry.get('source', ''))).name} ({str(entry.get('sha256'))[:SHORT]})"


def _figures(metrics: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    ranking = metrics.get("ranking") or {}
    yield say("flagged samples"), count(int(ranking["flagged"])) if "flagged" in ranking else "–"
    triggers = [str(t.get("text")) for t in metrics.get("triggers") or () if t.get("suspicious")]
    yield say("located trigger"), " | ".join(triggers) or "–"
    for role in ("suspect", "reference", "before", "after"):
        figures = metrics.get(role)
        if not isinstance(figures, Mapping):
            continue
        for key, title in FIGURES.items():
            found = figures.get(key)
            if isinstance(found, Mapping) and found.get("value") is not None:
                values = (found.get(name) for name in ("value", "low", "high", "n"))
                yield f"{say(title)}, {say(role)}", interval(*values)
