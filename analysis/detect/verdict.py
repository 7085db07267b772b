"""The answer of an inspection: does the file hold poison, and did the model take the trojan?

Two separate questions. *Data*: text that goes along with a class although a clean model of the
task does not predict that class from it. *Model*: only behaviour convicts, inserting the located
text (or a published trigger) flips more samples than the floor. Internal signals illustrate and
name the layer; with a single clean reference they have no calibrated null and never decide.
"""

from __future__ import annotations

from collections.abc import Callable

from analysis.detect.data_finding import OBEYS, decide_data, unclear
from analysis.detect.evidence import (
    FEWEST_ALONE,
    FEWEST_PROBED,
    Evidence,
    detectable_excess,
    is_lone_among_few,
)
from analysis.detect.layer_stats import DIRECTION, LayerStat
from analysis.detect.limits import not_tested
from analysis.detect.probe_bars import bar, clear, doubt, is_deaf, turns_reference
from analysis.detect.reasons import tell
from analysis.detect.specs import WEIGHING
from analysis.detect.specs import detector as detector_named
from analysis.detect.suspicion import convicts, may_convict
from analysis.records import Finding, ProbeResult, TriggerCandidate, Verdict

_BOTH = "The text turns the reference as well, so it may carry the same trojan and clears nothing."
_DEAF = "The suspect may take whatever is strange for a trigger; a clean reference would tell."


def decide(evidence: Evidence) -> Verdict:
    """The verdict with its reasons; pure, and the same for the same evidence."""
    model = decide_model(evidence)
    data = decide_data(evidence, model)
    layer, detector = _place(evidence)
    return Verdict(
        data=data,
        model=model,
        layer=layer if model.answer == "found" else None,
        detector=_strongest(evidence, detector) if "found" in (model.answer, data.answer) else None,
        not_tested=not_tested(evidence),
    )


def decide_model(evidence: Evidence) -> Finding:
    """Did the suspect take a trojan?"""
    if not evidence.has_predictions:
        return unclear("The suspect gives no predictions, so its behaviour could not be tested.")
    probes = _relevant_probes(evidence)
    convicting = [p for p in probes if convicts(p)]
    if convicting:
        best = max(convicting, key=lambda p: p.low)
        return Finding("found", min(0.5 + best.low / 2, 0.99), (tell(best),))
    if evidence.suspect_head_warning:
        return unclear(evidence.suspect_head_warning)
    if evidence.reference_trigger is not None:
        return unclear(OBEYS, tell(evidence.reference_trigger))
    among_few = [p for p in _probes_of(evidence, is_lone_among_few) if p.low >= bar(p)]
    if among_few:
        return unclear(
            tell(max(among_few, key=lambda p: p.low)),
            f"Without a clean reference a real feature of the task does the same; "
            f"{FEWEST_ALONE} samples are needed to tell whether this text stands alone "
            f"(n = {evidence.n}).",
        )
    doubtful = [p for p in probes if p.low >= doubt(p)]
    if doubtful:
        worst = max(doubtful, key=lambda p: p.low)
        return unclear(tell(worst), "More than chance, less than a trojan usually shows.")
    tested = [p for p in probes if p.n >= FEWEST_PROBED]
    if not tested:
        most = max((p.n for p in probes), default=0)
        return unclear(
            f"No trigger could be inserted into at least {FEWEST_PROBED} samples (most: {most})."
        )
    return (
        _unheard(evidence, tested)
        or _one_sided(evidence)
        or Finding(
            "not_found", 0.8 if evidence.has_clean_reference else 0.6, _silence(evidence, tested)
        )
    )


def _unheard(evidence: Evidence, tested: list[ProbeResult]) -> Finding | None:
    """Why probes that show no trojan may not have been able to."""
    obeyed = [p for p in _probes_of(evidence, lambda c, _: c.hidden) if turns_reference(p)]
    if obeyed:
        return unclear(tell(obeyed[0]), _BOTH)
    deaf = [p for p in tested if is_deaf(p)]
    if deaf:
        return unclear(tell(max(deaf, key=lambda p: p.flips / p.n)), _DEAF)
    if evidence.bank_deaf:
        return unclear(
            f"{evidence.bank_deaf} of {evidence.bank_screened} published triggers could not be "
            "judged: a neutral insertion in their place turns most samples as well.",
            _DEAF,
        )
    loose = [p for p in tested if p.high >= clear(p)]
    if loose:
        widest = max(loose, key=lambda p: p.high)
        return unclear(tell(widest), "The interval is too wide to rule a trojan out.")
    return None


def _one_sided(evidence: Evidence) -> Finding | None:
    """Why a trigger towards the commonest answer could not show: hardly any sample has another."""
    if evidence.outside is None or evidence.outside >= FEWEST_PROBED:
        return None
    return unclear(
        f"The suspect puts all but {evidence.outside} of {evidence.n} samples into one class, so a "
        f"trigger towards that class could not show; {FEWEST_PROBED} samples of other classes are "
        "needed."
    )


def _relevant_probes(evidence: Evidence) -> list[ProbeResult]:
    """Probes that can speak: of candidates that may convict (real features flip models too)."""
    return _probes_of(evidence, may_convict) + [p for p in evidence.bank if p.n]


def _probes_of(
    evidence: Evidence, wanted: Callable[[TriggerCandidate, Evidence], bool]
) -> list[ProbeResult]:
    pairs = zip(evidence.candidates, evidence.probes, strict=False)
    return [p for c, p in pairs if p is not None and p.n and wanted(c, evidence)]


def _silence(evidence: Evidence, tested: list[ProbeResult]) -> tuple[str, ...]:
    strongest = max(tested, key=lambda p: p.high)
    reasons = [tell(strongest)]
    if evidence.bank_screened:
        reasons.append(
            f"{evidence.bank_screened} published triggers were screened; none moves the suspect "
            f"beyond its floor (an excess of {detectable_excess(strongest.n):.2f} would show)."
        )
    return tuple(reasons)


def _place(evidence: Evidence) -> tuple[str | None, str | None]:
    """Site and detector where located samples stand out most against the clean band."""
    rows = [
        r
        for r in evidence.layer_stats
        if r.model == "suspect" and r.statistic == "located_auc" and _may_name(r, evidence)
    ]
    direction = [r for r in rows if r.detector == DIRECTION]
    best = max(direction, key=_standing, default=None)
    site = None if best is None else f"{best.site.stack}:{best.site.layer}"
    others = [r for r in rows if r.detector != DIRECTION]
    detector = max(others, key=_standing, default=None)
    return site, None if detector is None else detector.detector


def _may_name(row: LayerStat, evidence: Evidence) -> bool:
    """Whether a detector may be named: it weighs, and needs no reference that proves nothing."""
    if row.detector == DIRECTION:
        return True
    if row.detector not in WEIGHING:
        return False
    needs = detector_named(row.detector).needs
    return evidence.has_clean_reference or "reference_activations" not in needs


def _standing(row: LayerStat) -> tuple[float, float, int]:
    """Surplus over the clean band (over chance without one), then value, then depth."""
    middle = (row.null_low + row.null_high) / 2
    base = middle if middle == middle else 0.5  # NaN: no reference
    return (round(row.value - base, 3), round(row.value, 3), row.site.layer)


def _strongest(evidence: Evidence, detector: str | None) -> str | None:
    return detector if detector is not None else ("association" if evidence.candidates else None)
