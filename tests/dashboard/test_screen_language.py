"""No visible string is missing in Japanese, none is left over, none bypasses the layer."""

import re
from string import Formatter

import pytest
from spoken_source import ROOT, SCREENS, SHOWN, literals, said, said_at_import, unsaid

from analysis.audit.specs import ATTACKS, BUDGETS
from analysis.data.specs import TRIGGERS
from analysis.detect.specs import DETECTORS
from analysis.report.text import spoken
from analysis.training.losses.specs import LOSSES
from analysis.unlearn.masks.specs import MASKS
from analysis.unlearn.objectives.specs import OBJECTIVES
from dashboard.components.help_text import GUIDES, HELP

JAPANESE = spoken.said("ja")
# Names that are the same in every language, and marks of the page.
NAMES = {"NPO", "SimNPO", "RMU", "GA + KL"}
ALLOWED = {
    "Kenshin",
    "### Kenshin",
    "English",
    "0=false,1=true",
    "code, func, text",
    "label, target",
    "os.system",
}


def placeholders(text):
    return sorted(name for _, name, *_ in Formatter().parse(text) if name)


def test_every_text_that_the_screens_say_has_its_japanese():
    missing = {text: path.name for text, path in said(SHOWN) if text and text not in JAPANESE}
    assert missing == {}


def test_every_japanese_text_is_used():
    known = literals([*SCREENS, *sorted((ROOT / "analysis").rglob("*.py"))])
    unused = [text for text in spoken.screens("ja") if text not in known]
    told = {text for name in spoken.TOLD for text in spoken.files("ja")[name]}
    assert [text for text in unused if text not in told] == []


def test_every_sentence_that_is_told_again_stands_in_the_source():
    # written by f-strings: the longest fixed part must stand in one of them, white space aside
    source = "\n".join(
        re.sub(r'"\s*f?"', "", " ".join(path.read_text("utf-8").split()))
        for path in sorted((ROOT / "analysis").rglob("*.py"))
    ).lower()
    for template in (text for name in spoken.TOLD for text in spoken.files("ja")[name]):
        fixed = max((part for part, *_ in Formatter().parse(template)), key=len)
        assert fixed.strip(" :").lower() in source, template


def test_no_text_has_two_translations_and_none_repeats_the_reports():
    seen, twice = {}, []
    for file, texts in spoken.files("ja").items():
        for english, japanese in texts.items():
            twice += [(english, file)] if seen.get(english, japanese) != japanese else []
            seen[english] = japanese
    assert twice == []
    reports = spoken.shared("ja")
    assert [text for text, japanese in seen.items() if reports.get(text) == japanese] == []


def test_both_languages_name_the_same_values():
    differ = {
        english: japanese
        for english, japanese in spoken.screens("ja").items()
        if "%{" not in english and placeholders(english) != placeholders(japanese)
    }
    assert differ == {}
    hovers = {e: j for e, j in spoken.screens("ja").items() if "%{" in e}
    assert all(
        sorted(re.findall(r"%\{[^}]*\}", e)) == sorted(re.findall(r"%\{[^}]*\}", j))
        for e, j in hovers.items()
    )


def test_japanese_is_japanese():
    latin = [
        english
        for english, text in spoken.screens("ja").items()
        if not any(ord(sign) > 0x2E80 for sign in text) and re.search("[A-Za-z]{4,}", text)
    ]
    assert latin == ["ecod"] or latin == []


@pytest.mark.parametrize(
    "specs", [OBJECTIVES, MASKS, ATTACKS, BUDGETS, LOSSES, TRIGGERS], ids=lambda s: s[0].name
)
def test_the_words_of_every_registered_method_are_translated(specs):
    fields = ("title", "summary", "misses", "strength_means", "argument")
    texts = [getattr(spec, field, "") for spec in specs for field in fields]
    texts += [knob.help for spec in specs for knob in getattr(spec, "knobs", ())]
    assert [t for t in texts if t and t not in JAPANESE and t not in NAMES] == []


def test_the_name_of_every_detector_and_trigger_family_is_translated():
    names = [spec.name.replace("_", " ") for spec in (*DETECTORS, *TRIGGERS)]
    assert [name for name in names if name not in JAPANESE] == []


@pytest.mark.parametrize("path", SCREENS, ids=lambda path: path.stem)
def test_what_a_screen_shows_goes_through_the_layer(path):
    assert [(line, text) for line, text in unsaid(path) if text not in ALLOWED] == []


def test_a_literal_beside_the_layer_is_found(tmp_path):
    file = tmp_path / "view.py"
    file.write_text(
        'st.caption("Shown as it is")\nst.button(say("Said"), help="not said")\n'
        'x = {"why": "because this is a sentence"}\n"""A docstring is no label."""\n'
        'st.text_input(f"{n} of them", key="k")\nst.markdown("`code`")\n'
    )
    assert sorted(line for line, _ in unsaid(file)) == [1, 2, 3, 5]


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.stem)
def test_nothing_is_said_while_a_module_is_loaded(path):
    # a view runs anew for every reader; any other module is loaded once for all of them
    if path.parent.name == "views" or path.name == "app.py":
        return
    assert said_at_import(path) == []


def test_the_guides_exist_in_both_languages_with_the_same_commands():
    def blocks(text):
        return re.findall(r"```text\n.*?```", text, re.DOTALL)

    for name in GUIDES:
        english = (HELP / f"{name}.md").read_text("utf-8")
        japanese = (HELP / "ja" / f"{name}.md").read_text("utf-8")
        assert blocks(english) == blocks(japanese), name
        assert english.count("\n- ") == japanese.count("\n- "), name
        assert english.count("\n|") == japanese.count("\n|"), name


def test_english_is_the_text_itself_and_values_are_no_patterns():
    assert spoken.say("Selected: {n}.", n="{x}") == "Selected: {x}."
    with spoken.speaking("ja"):
        assert spoken.say("Selected: {n}.", n="{x}") == "{x} 件を選択しました。"
        assert spoken.say("unknown words") == "unknown words"
        with spoken.speaking("en"):
            assert spoken.say("Undo") == "Undo"
    assert spoken.language() == "en"


def test_sentences_of_records_are_told_again_or_marked_as_english():
    sentence = "Clean accuracy changed by -0.01 [-0.02–0], n = 500."
    assert spoken.told(sentence) == sentence
    with spoken.speaking("ja"):
        assert spoken.told(sentence) == "クリーン正解率の変化は -0.01 [-0.02–0]、n = 500。"
        assert spoken.told("Something nobody knows.") == "原文（英語）：Something nobody knows."
        assert spoken.told("サンプルが指定されていません。") == "サンプルが指定されていません。"
        assert spoken.told("") == ""
        assert spoken.told(
            "next in the order of the short runs; the first of 2 full runs that meets the goals on "
            "guard samples and holds after a little training"
        ) == (
            "短い試行での次点、本実行 2 回のうち、監視用サンプルで目標を満たした最初のもの"
            "（少しの追加学習でもトリガーは復活せず）"
        )
        assert spoken.told("no stage helped; nobody knows this").startswith("原文（英語）")
        assert spoken.told(
            "next in the order of the short runs; best of 3 full runs, yet on guard samples the "
            "trigger still counts and too much clean accuracy is lost"
        ) == (
            "短い試行での次点、本実行 3 回のうち最良。ただし監視用サンプルで、トリガーがまだ効く、"
            "クリーン正解率の低下が大きすぎる"
        )
        assert spoken.told("all 80 steps were taken") == "全 80 ステップを実行"
        assert spoken.told("Predicting trusted") == "予測中：信頼できるサンプル", (
            "names are said, too"
        )


def test_bold_words_do_not_end_in_a_sign_before_more_text():
    # Markdown shows the stars of "**次：**文": a sign inside and a letter outside do not close
    for text in JAPANESE.values():
        parts = text.split("**")
        for bold, after in zip(parts[1::2], parts[2::2], strict=False):
            assert bold[-1] not in "：。、！？）」" or not after[:1].strip(), text
