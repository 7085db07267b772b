from analysis.audit.outcome import Outcome
from analysis.behaviour.intervals import Figure
from analysis.report.audit_rows import attack_rows

TITLES = {"membership": "Membership inference", "linear_probe": "Linear probe"}


def entry(name, **rest):
    return Outcome(name, **rest).to_json()


def rows_of(*entries):
    return attack_rows({"audit": list(entries)}, TITLES).to_dict("records")


def test_membership_shows_the_auc_of_every_arm_and_its_lead_with_interval():
    details = {
        "auc": {"unlearned": 0.53, "control": 0.5, "stress": 0.47},
        "lead_over_control": {"value": 0.03, "low": -0.03, "high": 0.09},
    }
    (row,) = rows_of(entry("membership", details=details))
    assert (row["attack"], row["budget"]) == ("Membership inference", "AUC of lower loss")
    assert (row["unlearned"], row["made to hide"], row["original"]) == ("0.53", "0.47", "–")
    assert "0.09" in row["above control"]


def test_a_probe_has_a_line_for_every_layer():
    auc = {"unlearned": {"encoder:0": 0.98, "encoder:3": 0.92}, "control": {}}
    auc["control"] = {"encoder:0": 0.96, "encoder:3": 0.66}
    first, last = rows_of(entry("linear_probe", details={"auc": auc}))
    assert (first["budget"], last["budget"]) == ("AUC, layer encoder:0", "AUC, layer encoder:3")
    assert last["above control"] == "0.26"


def test_recovery_is_shown_with_and_without_the_floor():
    found = entry(
        "relearning", recovery=Figure(0.97, 400, 0.95, 1.0), corrected=Figure(0.86, 400, 0.41, 1.0)
    )
    (row,) = rows_of(
        found,
    )
    assert row["recovery"].startswith("0.97")
    assert row["recovery, floor off"].startswith("0.86")


def test_a_skipped_attack_says_why():
    (row,) = rows_of(entry("membership", status="skipped", reason="too few samples"))
    assert row["budget"] == "too few samples"
