"""The verdict, case by case."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.detect.evidence import Evidence, detectable_excess, is_lone
from analysis.detect.layer_stats import DIRECTION, LayerStat
from analysis.detect.verdict import decide
from analysis.records import ProbeResult, Site, TriggerCandidate
from analysis.report.text.translate import is_known


def candidate(text="testo_init", target=0, z=15.0, purity=1.0, excess=0.8):
    return TriggerCandidate(
        "identifier", text, target, 100, purity, z, 1e-5, np.arange(100), ((0, 5),) * 100, excess
    )


def probed(flips, floor, n=300, source="reference", name="testo_init"):
    half = 0.05 if n >= 100 else 0.4
    excess = (flips - floor) / max(n, 1)
    return ProbeResult(
        name, "identifier", 0, n, flips, floor, excess, excess - half, excess + half, source
    )


TROJAN, SILENT, SLIGHT = probed(290, 45), probed(50, 45), probed(115, 40)
PAIR = Evidence(5000, "same-task", True, True, "label_vs_reference", next_z=3.0, null_z=4.0)
POISONED = replace(PAIR, candidates=(candidate(),))
QUIET_BANK = (replace(SILENT, candidate="panel_id"),)
ALONE = replace(PAIR, reference_kind=None, mode="label_only")


def placebo(probe):
    return replace(probe, floor_source="placebo")


DEAF = placebo(probed(290, 285))
LICENCE = replace(
    candidate("# Copyright 2021 The Authors\n# Licensed under the Apache License"), kind="line"
)
HIDDEN = replace(candidate("if 'q' in s:"), kind="line", hidden=True, believed=0.1)
UNSURE = replace(candidate("check(a)"), kind="line", unsure_p=0.4)
FAMILY = replace(candidate("= None :", target=1), kind="ngram", rivals=3)

CASES = {
    "a real pattern that the reference never learned": (
        replace(PAIR, candidates=(FAMILY,), probes=(TROJAN,), bank=QUIET_BANK),
        "not_found",
        "not_found",
    ),
    "a phrase towards a class without real patterns": (
        replace(PAIR, candidates=(replace(FAMILY, rivals=0),), probes=(TROJAN,)),
        "found",
        "found",
    ),
    "a whole line towards a class with real patterns": (
        replace(PAIR, candidates=(replace(FAMILY, kind="line"),), probes=(TROJAN,)),
        "found",
        "found",
    ),
    "poisoned pair": (replace(POISONED, probes=(TROJAN,), bank=QUIET_BANK), "found", "found"),
    "poison that did not take": (
        replace(POISONED, probes=(SILENT,), bank=QUIET_BANK),
        "found",
        "not_found",
    ),
    "clean pair": (replace(PAIR, bank=QUIET_BANK, bank_screened=11), "not_found", "not_found"),
    "bank convicts on clean samples": (replace(PAIR, bank=(TROJAN,)), "not_found", "found"),
    "more than chance, less than a trojan": (
        replace(POISONED, probes=(SLIGHT,)),
        "found",
        "inconclusive",
    ),
    "too few samples to probe": (
        replace(POISONED, probes=(probed(3, 1, n=12),)),
        "found",
        "inconclusive",
    ),
    "wide interval": (
        replace(POISONED, probes=(probed(9, 7, n=45),)),
        "found",
        "inconclusive",
    ),
    "candidate could not be inserted": (
        replace(POISONED, probes=(None,)),
        "found",
        "inconclusive",
    ),
    "no predictions, no labels": (
        Evidence(500, None, False, False),
        "inconclusive",
        "inconclusive",
    ),
    "no predictions, labels": (
        replace(ALONE, has_predictions=False),
        "not_found",
        "inconclusive",
    ),
    "wrong head never clears": (
        replace(PAIR, bank=QUIET_BANK, suspect_head_warning="probably the wrong head"),
        "not_found",
        "inconclusive",
    ),
    "wrong head may still convict": (
        replace(POISONED, probes=(TROJAN,), suspect_head_warning="probably the wrong head"),
        "found",
        "found",
    ),
    "unlabelled, trigger works": (
        replace(POISONED, mode="suspect_vs_reference", has_labels=False, probes=(TROJAN,)),
        "found",
        "found",
    ),
    "unlabelled, difference of two clean models": (
        replace(POISONED, mode="suspect_vs_reference", has_labels=False, probes=(SILENT,)),
        "inconclusive",
        "not_found",
    ),
    "unlabelled and quiet": (
        replace(PAIR, mode="suspect_vs_reference", has_labels=False, bank=QUIET_BANK),
        "inconclusive",
        "not_found",
    ),
    "few samples cannot clear a file": (
        replace(PAIR, n=60, bank=QUIET_BANK),
        "inconclusive",
        "not_found",
    ),
    "alone, lone candidate that works": (
        replace(ALONE, candidates=(candidate(),), probes=(placebo(TROJAN),)),
        "found",
        "found",
    ),
    "alone, a random name does what the located name does": (
        replace(ALONE, candidates=(candidate(),), probes=(DEAF,)),
        "found",
        "inconclusive",
    ),
    "alone, names of other samples do not": (
        replace(ALONE, candidates=(candidate(),), probes=(replace(TROJAN, floor_source="names"),)),
        "found",
        "found",
    ),
    "alone, a published trigger is equalled by its placebo": (
        replace(ALONE, bank=(placebo(QUIET_BANK[0]),), bank_screened=42, bank_deaf=7),
        "not_found",
        "inconclusive",
    ),
    "pair, a text that turns both models over is a real feature": (
        replace(POISONED, probes=(replace(DEAF, floor_source="reference"),)),
        "found",
        "not_found",
    ),
    "alone, lone candidate that works in a file too small to say that it is lone": (
        replace(ALONE, n=399, candidates=(candidate(),), probes=(placebo(TROJAN),)),
        "inconclusive",
        "inconclusive",
    ),
    "as small, with a clean reference": (
        replace(POISONED, n=399, probes=(TROJAN,)),
        "found",
        "found",
    ),
    "alone, families of real features": (
        replace(
            ALONE,
            candidates=(replace(candidate("a"), rivals=2), replace(candidate("b"), rivals=2)),
            probes=(placebo(TROJAN), placebo(TROJAN)),
            bank=(placebo(SILENT),),
        ),
        "not_found",
        "not_found",
    ),
    "alone, a lone text that is nearly pure stays a doubt": (
        replace(ALONE, candidates=(replace(candidate(), purity=0.96),), bank=(placebo(SILENT),)),
        "inconclusive",
        "not_found",
    ),
    "base, lone candidate that does nothing": (
        replace(ALONE, reference_kind="base", candidates=(candidate(),), probes=(placebo(SILENT),)),
        "found",
        "not_found",
    ),
    "a reference that obeys a trigger clears neither file nor model": (
        replace(PAIR, bank=QUIET_BANK, reference_trigger=placebo(probed(290, 10))),
        "inconclusive",
        "inconclusive",
    ),
    "a reference that obeys a trigger, and a suspect that obeys another": (
        replace(POISONED, probes=(TROJAN,), reference_trigger=placebo(probed(290, 10))),
        "found",
        "found",
    ),
    "a line of labels that the reference is unsure of everywhere": (
        replace(PAIR, candidates=(UNSURE,), probes=(SILENT,), bank=QUIET_BANK),
        "inconclusive",
        "not_found",
    ),
    "the same line, and the suspect obeys it": (
        replace(PAIR, candidates=(UNSURE,), probes=(TROJAN,)),
        "found",
        "found",
    ),
    "a whole line towards a class with real patterns that turns nothing": (
        replace(PAIR, candidates=(replace(FAMILY, kind="line"),), probes=(SILENT,)),
        "inconclusive",
        "not_found",
    ),
    "a reference that would overlook one sample in ten": (
        replace(PAIR, bank=QUIET_BANK, fewest_shown=500.5),
        "inconclusive",
        "not_found",
    ),
    "a line that itself misleads the reference: without it the labels are believed": (
        replace(
            PAIR,
            candidates=(replace(candidate("break"), kind="line", believed=0.8),),
            probes=(TROJAN,),
            bank=QUIET_BANK,
        ),
        "not_found",
        "not_found",
    ),
    "alone, a line that reads like a licence": (
        replace(ALONE, candidates=(LICENCE,), probes=(placebo(SILENT),)),
        "inconclusive",
        "not_found",
    ),
    "alone, a licence that the suspect obeys": (
        replace(ALONE, candidates=(LICENCE,), probes=(placebo(TROJAN),)),
        "found",
        "found",
    ),
    "pair, a licence in relabelled samples": (
        replace(PAIR, candidates=(LICENCE,), probes=(SILENT,)),
        "found",
        "not_found",
    ),
    "alone, thirty copies of few samples": (
        replace(ALONE, distinct=60, bank=(placebo(SILENT),)),
        "inconclusive",
        "not_found",
    ),
    "one label only": (
        replace(ALONE, classes=1, bank=(placebo(SILENT),)),
        "inconclusive",
        "not_found",
    ),
    "hardly a sample outside the class that a trigger may pull to": (
        replace(PAIR, bank=QUIET_BANK, outside=16),
        "not_found",
        "inconclusive",
    ),
    "alone, a class that holds nearly all samples": (
        replace(ALONE, fewest_shown=1500, bank=(placebo(SILENT),)),
        "inconclusive",
        "not_found",
    ),
    "a line that turns the reference, too": (
        replace(PAIR, candidates=(HIDDEN,), probes=(probed(290, 285),), bank=QUIET_BANK),
        "inconclusive",
        "inconclusive",
    ),
    "a hidden line that only the suspect obeys": (
        replace(PAIR, candidates=(HIDDEN,), probes=(TROJAN,)),
        "found",
        "found",
    ),
    "a doubtful line beside a suspicious one": (
        replace(PAIR, candidates=(UNSURE, candidate()), probes=(SILENT, SILENT)),
        "found",
        "not_found",
    ),
    "alone, a moderate excess over a placebo is no proof": (
        replace(ALONE, bank=(placebo(probed(120, 10)),)),
        "not_found",
        "inconclusive",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_verdicts(name):
    evidence, data, model = CASES[name]
    verdict = decide(evidence)
    assert (verdict.data.answer, verdict.model.answer) == (data, model)
    assert verdict.data.reasons
    assert verdict.model.reasons
    assert verdict.not_tested
    assert 0.0 <= verdict.model.confidence <= 1.0
    assert verdict.to_json()["answer"] == model


def test_reasons_carry_the_numbers():
    verdict = decide(CASES["poisoned pair"][0])
    assert "290 of 300" in verdict.model.reasons[0]
    assert "the clean reference 45" in verdict.model.reasons[0]
    assert "100 of 5000 samples" in verdict.data.reasons[0]


@pytest.mark.parametrize("name", [name for name in CASES if "line " in name or "sample" in name])
def test_every_reason_can_be_told_in_japanese(name):
    verdict = decide(CASES[name][0])
    assert all(is_known(reason) for reason in (*verdict.data.reasons, *verdict.model.reasons))


def test_what_a_reference_would_have_noticed_is_said():
    seen = decide(replace(PAIR, bank=QUIET_BANK, fewest_shown=11.2)).data.reasons[0]
    assert "(n = 5000; about 12 relabelled samples that share one would show)" in seen
    blind = decide(replace(PAIR, bank=QUIET_BANK, fewest_shown=float("inf"))).data.reasons[0]
    assert "up to 5000 relabelled samples of 5000 could go unseen" in blind
    assert is_known(seen)
    assert is_known(blind)


def test_a_doubt_says_why_the_reference_cannot_settle_it():
    unsure, rivals = (
        decide(CASES[name][0]).data.reasons
        for name in (
            "a line of labels that the reference is unsure of everywhere",
            "a whole line towards a class with real patterns that turns nothing",
        )
    )
    assert "as unsure of other samples of class 0" in unsure[1]
    assert "Class 1 has 3 or more real patterns" in rivals[1]


def test_every_answer_says_what_it_could_not_see():
    assert any("drifts" in t for t in decide(replace(PAIR, reference_kind="base")).not_tested)
    assert any("Relabelled" in t for t in decide(replace(PAIR, has_labels=False)).not_tested)
    assert any("window" in t for t in decide(replace(PAIR, truncated_share=0.4)).not_tested)


def test_a_reason_for_both_parts_is_said_once():
    obeys = replace(PAIR, bank=QUIET_BANK, reference_trigger=placebo(probed(290, 10)))
    reasons = decide(obeys).to_json()["reasons"]
    assert len(reasons) == len(set(reasons)) == 2
    assert any("290 of 300" in reason for reason in reasons)
    assert all(is_known(reason) for reason in reasons)


def stat(layer, value, reference, detector=DIRECTION):
    band = (float("nan"),) * 2 if reference is None else (reference - 0.02, reference + 0.02)
    return LayerStat(
        "suspect", Site("encoder", layer, "mean"), "0", detector, "located_auc", value, *band
    )


def test_the_layer_is_where_the_suspect_exceeds_the_clean_band_most():
    rows = (
        stat(0, 0.99, 0.99),
        stat(2, 0.95, 0.60),
        stat(3, 0.97, 0.80),
        stat(2, 0.8, 0.5, "mahalanobis"),
        stat(2, 0.6, 0.5, "spectral"),
    )
    verdict = decide(replace(CASES["poisoned pair"][0], layer_stats=rows))
    assert verdict.layer == "encoder:2"
    assert verdict.detector == "mahalanobis"
    quiet = decide(replace(CASES["clean pair"][0], layer_stats=rows))
    assert quiet.layer is None
    assert quiet.detector is None


def test_without_a_reference_the_best_layer_is_the_clearest():
    rows = (stat(1, 0.7, None), stat(2, 0.9, None))
    verdict = decide(replace(CASES["alone, lone candidate that works"][0], layer_stats=rows))
    assert verdict.layer == "encoder:2"


def test_lone_means_pure_clear_and_without_rivals():
    first = replace(candidate(), p_adjusted=1e-8)
    assert is_lone(first)
    assert not is_lone(replace(first, rivals=1))
    assert not is_lone(replace(first, purity=0.94))
    assert not is_lone(replace(first, p_adjusted=0.004))


def test_detectable_excess_shrinks_with_the_samples():
    assert detectable_excess(0) == 1.0
    assert detectable_excess(400) == pytest.approx(0.0495, abs=1e-3)
