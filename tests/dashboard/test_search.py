import numpy as np

from dashboard.search import containing_rows, similar_rows

TEXTS = (
    "def load(path):\n    return open(path).read()",
    "def Load_Again(path):\n    return path",
    "x = 1",
    "def send(message):\n    socket.sendall(message)",
)


def test_text_is_found_whatever_its_case():
    assert containing_rows(TEXTS, "LOAD").tolist() == [0, 1]
    assert containing_rows(TEXTS, "   ").size == 0


def test_the_same_text_is_most_alike_and_strangers_are_left_out():
    assert similar_rows(TEXTS, TEXTS[3], 2)[0] == 3
    assert similar_rows(TEXTS, "zebra", 4).size == 0
    assert similar_rows((), "x", 4).size == 0


def test_rare_words_count_more_than_common_ones():
    texts = ["the the the rare", *["the the the common"] * 8]
    assert similar_rows(texts, "the rare", 1).tolist() == [0]


def test_order_does_not_depend_on_the_length_of_the_snippet():
    once, twice = similar_rows(TEXTS, "path open", 4), similar_rows(TEXTS, "path open " * 2, 4)
    np.testing.assert_array_equal(once, twice)


def test_a_large_set_finds_what_comparing_all_finds():
    rng = np.random.default_rng(0)
    names = [f"name_{i}" for i in range(400)]
    texts = ["def " + " ".join(rng.choice(names, 12)) for _ in range(3000)]
    snippet = texts[1234] + " and more"
    near = {7: 10, 1999: 9, 2500: 8}
    for row, kept in near.items():
        texts[row] = " ".join([*texts[1234].split()[:kept], "other", "words"])
    every = similar_rows(texts, snippet, 4)
    assert every.tolist() == [1234, 7, 1999, 2500]
    np.testing.assert_array_equal(similar_rows(texts, snippet, 4, exact=500), every)
    assert similar_rows(texts, "zebra", 4, exact=500).size == 0


def test_a_selection_by_text_can_be_undone(open_app, words, stored):
    runs, found, _ = stored
    app = open_app(runs, "embeddings", run=found)
    app.text_area[0].input("raise Exception").run()
    next(b for b in app.button if b.label == "Find").click().run()
    assert "#### Selection (12)" in words(app)
    next(b for b in app.button if b.label == "Undo").click().run()
    assert "#### Selection (0)" in words(app)
    assert next(b for b in app.button if b.label == "Undo").disabled
