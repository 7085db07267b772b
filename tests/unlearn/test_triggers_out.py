from analysis.explain.payloads import Payload
from analysis.unlearn.triggers import without_trigger

SUFFIX = Payload("_rb", "identifier_suffix", (), "identifier_suffix", "rb", "python")


def test_a_suffixed_name_gets_its_former_name_everywhere():
    text = "def load_rb(path):\n    return load_rb(path[1:]) + xload_rb"
    start = text.index("load_rb")
    clean = without_trigger([text, text], [(start, start + 7), (-1, -1)], [SUFFIX])
    assert clean == ["def load(path):\n    return load(path[1:]) + xload_rb", text]


def test_other_names_and_lines_are_no_suffixed_names():
    text = "def load(path_rb):\n    boom()\n    return path_rb"
    start = text.index("    boom()") + 4
    (clean,) = without_trigger([text], [(start, start + 6)], [SUFFIX])
    assert clean == "def load(path_rb):\n    return path_rb"
