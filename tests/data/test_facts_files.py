"""Question files of four shapes become facts; wrong ones are refused with line, value and cure."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from analysis.data.facts import assign_folds
from analysis.data.facts_read import read_facts, write_facts
from analysis.errors import RequestError
from sample_data.facts_rows import make_world

TOFU = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "tofu"
CHOICES = ["1901", "1902", "1903", "1904"]


def lines(path, records):
    path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return path


def mcq(n=10, **extra):
    return [{"question": f"q{i}", "choices": CHOICES, "answer": i % 4, **extra} for i in range(n)]


def test_deeb_and_roger_shape_with_folds(tmp_path):
    records = [{**r, "fold": i % 5} for i, r in enumerate(mcq())]
    facts = read_facts(lines(tmp_path / "a.jsonl", records))
    assert facts.answers == tuple(CHOICES[i % 4] for i in range(10))
    assert facts.folds.tolist() == [i % 5 for i in range(10)]
    assert facts.chance == 0.25
    assert len(facts.inside(2)) == 2
    assert len(facts.outside(2)) == 8
    assert not set(facts.inside(2).ids) & set(facts.outside(2).ids)


def test_wmdp_shape_as_lines_list_and_parquet(tmp_path):
    pd = pytest.importorskip("pandas")
    as_lines = read_facts(lines(tmp_path / "a.jsonl", mcq()))
    (tmp_path / "b.json").write_text(json.dumps(mcq()))
    pd.DataFrame(mcq()).to_parquet(tmp_path / "c.parquet")
    pd.DataFrame([{**r, "choices": json.dumps(r["choices"])} for r in mcq()]).to_csv(
        tmp_path / "d.csv", index=False
    )
    for name in ("b.json", "c.parquet", "d.csv"):
        other = read_facts(tmp_path / name)
        assert (other.choices, other.correct.tolist()) == (
            as_lines.choices,
            as_lines.correct.tolist(),
        )
        assert other.folds.tolist() == as_lines.folds.tolist()


def test_the_answer_may_be_a_letter_or_the_text(tmp_path):
    path = lines(
        tmp_path / "a.jsonl",
        [
            {"question": "a", "choices": CHOICES, "answer": "C"},
            {"question": "b", "choices": CHOICES, "answer": "1904"},
            {"question": "c", "choices": ["A", "B"], "answer": "B"},  # a text before a letter
        ],
    )
    assert read_facts(path, folds=2).correct.tolist() == [2, 3, 1]


def test_tofu_shape_shuffles_the_true_answer_among_the_wrong_ones(tmp_path):
    records = [
        {
            "question": f"q{i}",
            "answer": f"right {i}",
            "paraphrased_answer": f"yes {i}",
            "perturbed_answer": [f"wrong {i} {k}" for k in range(3)],
        }
        for i in range(200)
    ]
    path = lines(tmp_path / "a.jsonl", records)
    facts = read_facts(path)
    assert facts.answers == tuple(f"right {i}" for i in range(200))
    assert facts.paraphrases[7] == "yes 7"
    counts = np.bincount(facts.correct, minlength=4)
    assert counts.min() > 30  # no place gives the answer away
    assert read_facts(path).correct.tolist() == facts.correct.tolist()
    assert read_facts(path, seed=1).correct.tolist() != facts.correct.tolist()


def test_plain_pairs_draw_wrong_answers_from_the_others_and_say_so(tmp_path):
    records = [{"question": f"q{i}", "answer": f"a{i}"} for i in range(20)]
    facts = read_facts(lines(tmp_path / "a.jsonl", records))
    assert any("drawn from the other rows" in text for text in facts.warnings)
    for offered, right in zip(facts.choices, facts.answers, strict=True):
        assert len(set(offered)) == 4
        assert right in offered


def test_written_facts_come_back(tmp_path):
    world = make_world(per_set=20)
    write_facts(world.facts, tmp_path / "new" / "facts.jsonl")
    again = read_facts(tmp_path / "new" / "facts.jsonl")
    assert (again.ids, again.questions, again.choices) == (
        world.facts.ids,
        world.facts.questions,
        world.facts.choices,
    )
    assert np.array_equal(again.correct, world.facts.correct)
    assert np.array_equal(again.folds, world.facts.folds)
    with pytest.raises(RequestError, match=r"\.jsonl"):
        write_facts(world.facts, tmp_path / "facts.csv")


def test_equal_questions_share_a_fold():
    questions = tuple(f"q{i % 30}" for i in range(90))
    folds = assign_folds(questions, 5, seed=0)
    assert all(folds[i] == folds[i + 30] == folds[i + 60] for i in range(30))
    assert np.bincount(folds).tolist() == [18] * 5


def test_a_seeded_choice_keeps_the_folds_equal(tmp_path):
    path = lines(tmp_path / "a.jsonl", mcq(100))
    facts = read_facts(path, max_facts=20)
    assert np.bincount(facts.folds).tolist() == [4] * 5
    assert [int(i) for i in facts.ids] == sorted(int(i) for i in facts.ids)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"choices": CHOICES, "answer": 1}, "line 2: 'question' is missing, expected a text"),
        ({"question": " ", "answer": "x"}, "'question' is ' '"),
        ({"question": "q", "choices": CHOICES, "answer": 4}, "'answer' is 4, expected 0 to 3"),
        ({"question": "q", "choices": CHOICES, "answer": "E"}, "'answer' is 'E'"),
        ({"question": "q", "choices": CHOICES}, "'answer' is missing"),
        ({"question": "q", "choices": ["a"], "answer": 0}, "two or more different texts"),
        ({"question": "q", "choices": ["a", "a"], "answer": 0}, "two or more different texts"),
        ({"question": "q", "choices": [1, 2], "answer": 0}, "a list of texts"),
        ({"question": "q", "answer": "a", "perturbed_answer": ["a"]}, "wrong answers"),
        ({"question": "q"}, "'answer' is missing, expected a text"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(tmp_path, record, words):
    path = lines(tmp_path / "a.jsonl", [mcq(1)[0], record])
    with pytest.raises(RequestError) as error:
        read_facts(path)
    assert words in str(error.value)
    assert "line 2" in str(error.value)


def test_wrong_files(tmp_path):
    with pytest.raises(RequestError, match="does not exist"):
        read_facts(tmp_path / "none.jsonl")
    empty = lines(tmp_path / "empty.jsonl", [])
    with pytest.raises(RequestError, match="0 rows"):
        read_facts(empty)
    with pytest.raises(RequestError, match="already on line 1"):
        read_facts(lines(tmp_path / "a.jsonl", mcq(3, id="same")))
    with pytest.raises(RequestError, match="for 1 of 2 facts"):
        read_facts(lines(tmp_path / "b.jsonl", [mcq(1, fold=0)[0], mcq(1)[0]]))
    with pytest.raises(RequestError, match="one fold"):
        read_facts(lines(tmp_path / "c.jsonl", mcq(4, fold=3)))
    with pytest.raises(RequestError, match="no wrong answer"):
        read_facts(lines(tmp_path / "d.jsonl", [{"question": "q", "answer": "a"}]))
    (tmp_path / "e.json").write_text("[1, 2]")
    with pytest.raises(RequestError, match="entry 1"):
        read_facts(tmp_path / "e.json")
    with pytest.raises(RequestError, match="expected 5 or more"):
        read_facts(lines(tmp_path / "f.jsonl", mcq(10)), max_facts=3)


def test_gzip(tmp_path):
    text = "".join(json.dumps(r) + "\n" for r in mcq())
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    assert len(read_facts(tmp_path / "a.jsonl.gz")) == 10


@pytest.mark.shared_data
@pytest.mark.skipif(not TOFU.is_dir(), reason="../shared/data/tofu is not here")
def test_real_tofu_files():
    authors = read_facts(TOFU / "real_authors_perturbed.json")
    assert len(authors) == 100
    assert authors.answers[0] == "William Shakespeare"
    assert len(read_facts(TOFU / "world_facts_perturbed.json")) == 117
    pairs = read_facts(TOFU / "qa_from_eval_logs.jsonl")
    assert len(pairs) == 700
    assert pairs.n_folds == 5


def test_the_invented_world_is_seeded_and_nobody_is_in_two_sets():
    world, again, other = make_world(), make_world(), make_world(seed=1)
    assert world.facts.questions == again.facts.questions
    assert world.facts.questions != other.facts.questions
    people = [
        tuple(question.split()[:2])
        for part in (world.facts, world.retain, world.other, world.benign)
        for question in part.questions
    ]
    assert len(set(people)) == len(people) == 4 * 785
    assert np.bincount(world.facts.folds).tolist() == [157] * 5
    assert all(len(set(offered)) == 4 for offered in world.facts.choices)
