import pandas as pd

from analysis.report.occlusion_words import occlusion_sentence, with_occlusion


def test_the_sentence_holds_flagged_against_controls():
    turned = {"value": 0.75, "n": 4}
    metrics = {
        "occlusion": {
            "flagged": {"n": 4, "median_drop": 0.9, "turned": turned},
            "control": {"n": 0, "median_drop": None, "turned": {"value": None, "n": 0}},
            "overlap": {"value": 1.0, "n": 3},
        }
    }
    sentence = occlusion_sentence(metrics)
    assert "3 of 4 flagged samples" in sentence
    assert "controls" not in sentence
    assert "3 of 3 flagged samples with a located trigger" in sentence
    assert occlusion_sentence({}) == ""


def test_spans_of_the_ranking_stay_and_missing_ones_are_filled():
    samples = pd.DataFrame(
        {
            "sample_id": ["a", "b", "c"],
            "trigger_start": [4.0, -1.0, None],
            "trigger_end": [9.0, -1.0, None],
        },
        index=[7, 3, 5],
    )
    occlusion = pd.DataFrame(
        {
            "sample_id": ["b", "a"],
            "text": ["x", "y"],
            "start": [1, 2],
            "end": [2, 3],
            "drop": [0.5, 0.1],
        }
    )
    found = with_occlusion(samples, occlusion)
    assert found.index.to_list() == [7, 3, 5]
    assert found["trigger_start"].fillna(-1).to_list() == [4, 1, -1]
    assert found["trigger_end"].fillna(-1).to_list() == [9, 2, -1]
    assert found["hangs_on"].fillna("").to_list() == ["y", "x", ""]
