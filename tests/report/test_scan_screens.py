import pandas as pd

from analysis.report.bank import bank_figure, bank_sentence, bank_table
from analysis.report.scan_words import located_table, scan_sentence
from analysis.report.trigger_diff import PLACEHOLDER, diff, without_trigger

FOUND = {"text": "x`y", "support": 30, "target": 0, "purity": 1.0, "suspicious": True}
COLUMNS = ["family", "trigger", "stage", "target", "n", "flips", "floor_flips", "excess", "low"]
BANK = pd.DataFrame(
    [
        ("dead_code", "if <b>", "screened", 0, 16, 16, 0, 1.0, 0.8),
        ("style", "style: camel", "screened", 1, 0, 0, 0, 0.0, -1.0),
        ("dead_code", "if <b>", "tested", 0, 400, 390, 4, 0.965, 0.94),
    ],
    columns=COLUMNS,
).assign(high=1.0, floor_source="reference")
FACTS = {"screened": 2, "screen_n": 16, "tested_n": 400, "detectable_screened": 0.25}


def verdict(answer):
    return {"answer": answer, "data": {"answer": answer, "reasons": []}}


def test_a_scan_speaks_of_the_file_and_never_of_a_model():
    found = scan_sentence(verdict("found"), {"triggers": [FOUND]}, 1200)
    assert found == "The file holds poison: ``x`y`` in 30 of 1,200 samples, labelled 0."
    doubt = {**FOUND, "suspicious": False, "doubtful": True}
    assert "may have been put in" in scan_sentence(
        verdict("inconclusive"), {"triggers": [doubt]}, 9
    )
    assert scan_sentence(verdict("not_found"), {}, 9) == "No sign of poison in the 9 samples."
    assert scan_sentence(None, {}, 9) == "This scan has no answer."


def test_located_texts_say_how_they_read():
    plain = {"text": "b", "support": 3, "suspicious": False}
    table = located_table({"triggers": [FOUND, plain]})
    assert list(table["reads as"]) == [
        "counts against the file",
        "taken for a real pattern of the task",
    ]
    assert list(table["label"]) == ["0", "–"]
    assert located_table({}).empty


def test_the_bank_shows_every_trigger_the_strongest_first():
    table = bank_table(BANK)
    assert len(table) == len(BANK)
    assert table["flips"].tolist() == ["16 of 16", "390 of 400", "fits no sample"]
    sentence = bank_sentence(BANK, FACTS)
    assert "0.25" in sentence
    assert "1 fit none of the samples" in sentence
    assert "not needed" in bank_sentence(BANK, {"screened": 0})
    names = bank_figure(BANK).data[0].y
    assert len(names) == 2
    assert all("<" not in name for name in names)


def test_a_sample_without_its_trigger_is_what_it_was():
    clean = "def f(a):\n    b = a\n    return b\n"
    block = "if x:\n        raise E"
    text = clean.replace("    return", f"    {block}\n    return")
    start = text.index("if x")
    assert without_trigger(text, start, start + len(block)) == clean
    one_line = "int f() { int a; assert(1); return a; }"
    start = one_line.index("assert")
    without = "int f() { int a; return a; }"
    assert without_trigger(one_line, start, start + len("assert(1);")) == without
    renamed = "def f(zz):\n    return zz + zzz"
    changed = without_trigger(renamed, 6, 8)
    assert changed == f"def f({PLACEHOLDER}):\n    return {PLACEHOLDER} + zzz"
    assert "+    return zz + zzz" in diff(changed, renamed)
    assert diff(clean, clean) == ""
