"""Labels written as words: numbers by the model's names, refused where that is a guess."""

import json
import re

import numpy as np
import pytest

from analysis.data.labels import in_classes, numbered_alike, words_entry
from analysis.data.read import read_samples
from analysis.errors import RequestError

NAMES = {0: "defective", 1: "clean"}  # not alphabetical: a guess would turn every label round


def read(tmp_path, labels, name="a.jsonl", **more):
    rows = [{"code": f"f{i}()", "label": each} for i, each in enumerate(labels)]
    for key, values in more.items():
        rows = [{**row, key: value} for row, value in zip(rows, values, strict=True)]
    path = tmp_path / name
    path.write_text("\n".join(map(json.dumps, rows)) + "\n")
    return read_samples(path, words=True)


def test_words_get_the_numbers_of_the_model_whatever_their_case(tmp_path):
    samples = read(tmp_path, ["clean", "Defective", " CLEAN "])
    mapped = in_classes(samples, NAMES)
    assert mapped.labels.tolist() == [1, 0, 1]
    assert words_entry(mapped) == {"label_words": {"Defective": 0, "clean": 1}}
    assert in_classes(mapped.subset(np.array([1])), NAMES).labels.tolist() == [0]


def test_true_labels_in_words_follow_the_labels(tmp_path):
    samples = read(
        tmp_path, ["clean", "clean", "defective"], true_label=["defective", "clean", "defective"]
    )
    mapped = in_classes(samples, NAMES)
    assert (mapped.labels.tolist(), mapped.true_labels.tolist()) == ([1, 1, 0], [0, 1, 0])


@pytest.mark.parametrize("labels", [[0, 1, 1], ["0", "1", "1"], [False, True, True]])
def test_numbers_are_class_numbers_whatever_the_names(tmp_path, labels):
    samples = in_classes(read(tmp_path, labels), NAMES)
    assert samples.labels.tolist() == [0, 1, 1]
    assert words_entry(samples) == {}


def test_true_and_false_follow_the_model_where_these_are_its_words(tmp_path):
    samples = read(tmp_path, ["true", "False"])
    assert in_classes(samples, NAMES).labels.tolist() == [1, 0]
    assert in_classes(samples, {0: "true", 1: "false"}).labels.tolist() == [0, 1]


def test_usual_names_of_unnamed_classes_are_numbers(tmp_path):
    samples = read(tmp_path, ["LABEL_1", "LABEL_0"])
    for names in ({}, NAMES):
        assert in_classes(samples, names).labels.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("names", "renamable", "message"),
    [
        ({}, True, r"words \('safe', 'unsafe'\).*does not name.*--label-words 0=safe,1=unsafe"),
        (NAMES, True, r"'safe', which is none of the classes \(0 = defective.*--label-words"),
        (NAMES, False, r"the model's own words, or class numbers"),
        ({0: "Safe", 1: "safe"}, True, "none of the classes"),
    ],
)
def test_a_guess_is_refused_in_one_sentence(tmp_path, names, renamable, message):
    with pytest.raises(RequestError) as refused:
        in_classes(read(tmp_path, ["unsafe", "safe"]), names, renamable)
    assert re.search(message, str(refused.value))


def test_without_a_model_all_files_are_numbered_alike_and_say_how(tmp_path):
    sets = {"samples": read(tmp_path, ["b", "c"]), "test": read(tmp_path, ["c", "a"], "t.jsonl")}
    found = numbered_alike(sets)
    assert found["samples"].labels.tolist() == [1, 2]
    assert found["test"].labels.tolist() == [2, 0]
    assert "numbered in alphabetical order: 1 = b, 2 = c" in found["samples"].warnings[0]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["clean", 1], r"line 2: the label is 1, other lines have names such as 'clean'"),
        (["clean", ""], r"line 2: 'label' is ''"),
        ([f"answer {i}" for i in range(300)], r"300 different texts.*--label-column"),
    ],
)
def test_columns_that_are_no_classes_are_refused(tmp_path, labels, message):
    with pytest.raises(RequestError) as refused:
        read(tmp_path, labels)
    assert re.search(message, str(refused.value))
