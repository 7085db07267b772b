import pandas as pd
import pytest
from synthetic_training import write_training

from analysis.cli.parser import build_parser
from analysis.errors import RequestError
from analysis.runs import jobs
from analysis.runs.store import RunStore
from dashboard.components.running import _stand
from dashboard.components.train_words import meaning
from dashboard.train_request import TrainForm, train_argvs


@pytest.fixture
def trained(tmp_path):
    ce = write_training(tmp_path, "ce", [0.2, 0.96, 0.98])
    dece = write_training(tmp_path, "dece", [0.2, 0.19, 0.21], epsilon=0.05, alpha=0.79)
    return tmp_path, ce, dece


def test_an_empty_store_says_what_the_screen_is_for_and_shows_the_form(open_app, words, tmp_path):
    app = open_app(tmp_path / "none", "train")
    assert "keep a model from learning a trigger" in words(app)
    assert any(button.label == "Start training" for button in app.button)


def test_a_training_that_was_stopped_says_so(open_app, words, tmp_path):
    stopped = RunStore(tmp_path).create("train", {}, {}, {})
    stopped.cancel()
    app = open_app(tmp_path, "train", run=stopped.run_id)
    assert "stopped by the user" in app.error[0].value
    assert "not over yet" not in words(app)


def test_losses_are_compared_epoch_by_epoch(open_app, words, trained):
    root, ce, _ = trained
    app = open_app(root, "train", run=ce)
    assert "ASR after the last epoch: 0.21 with dece" in words(app)
    assert "0.98 with ce" in words(app)
    figure = app.get("plotly_chart")[0].proto.spec
    assert figure.count('"name":"ce"') == 4
    assert figure.count("dece (epsilon 0.05, alpha 0.79)") == 4 * 2  # name and legend group
    assert list(app.dataframe[0].value["ASR"]) == [0.98, 0.21]


def test_the_screen_says_who_holds_the_trigger_and_when_the_comparison_tells_nothing(
    open_app, words, trained
):
    root, ce, _ = trained
    assert "Holds the trigger: ce. The models' own error" in words(open_app(root, "train", run=ce))

    def said(*asrs, floor=0.15):
        histories = {f"h{i}": pd.DataFrame({"asr": asr}) for i, asr in enumerate(asrs)}
        return meaning(histories, floor)

    assert "does not tell" in said([0.9, 0.2], [0.1]), "the last epoch counts"
    assert said([0.3], [0.99]).startswith("All of them took the trigger")
    assert said([0.9], floor=None) == "", "without a floor nothing is claimed"
    assert said([float("nan")]) == ""


def test_a_running_training_is_followed_epoch_by_epoch(open_app, words, tmp_path):
    write_training(tmp_path, "dece", [0.2, 0.19])
    store = RunStore(tmp_path)
    rows = pd.DataFrame({"step": [9, 18], "epoch": [1, 2], "loss": 0.5, "accuracy": 0.8,
                         "asr": [0.3, 0.7], "phase": "ce"})  # fmt: skip
    with store.create("train", {"loss": "ce"}, {}, {"out": "x"}) as run:
        run.set(metrics={"loss": {"name": "ce"}})
        run.write_table("history", rows[:1])
        first = _stand(store.open(run.run_id), ["history"])
        assert _stand(store.open(run.run_id), ["history"]) == first
        run.write_table("history", rows)
        now = store.open(run.run_id)
        assert _stand(now, ["history"]) != first, "the second epoch is drawn when it is there"
        assert _stand(now, []) == _stand(now, ["scores"])
        app = open_app(tmp_path, "train", run=run.run_id)
        compare = app.multiselect[0]
        compare.select(next(o for o in compare.options if o.startswith("dece"))).run()
    assert "ASR so far: 0.19 with dece" in words(app)
    assert "0.7 with ce" in words(app)


def test_without_ground_truth_the_picture_says_why_gradients_are_missing(open_app, words, tmp_path):
    write_training(tmp_path, "ce", [0.5], truth=False)
    app = open_app(tmp_path, "train")
    assert "Gradient norms need the ground truth column" in words(app)
    assert "norm, poisoned" in app.dataframe[0].value


def test_every_loss_becomes_a_command_that_the_command_line_accepts():
    form = TrainForm(
        model="m",
        samples="s.jsonl",
        test="t.jsonl",
        out="new/model/",
        losses=("ce", "dece", "gce"),
        options={"epochs": "2", "learning-rate": ""},
        knobs={"epsilon": "0.1", "q": ""},
        switches=("fresh",),
    )
    parsed = [build_parser().parse_args(argv) for argv in train_argvs(form)]
    assert [p.loss for p in parsed] == ["ce", "dece", "gce"]
    assert [str(p.out) for p in parsed] == ["new/model-ce", "new/model-dece", "new/model-gce"]
    assert [p.epsilon for p in parsed] == [None, 0.1, None], "only the loss that has the knob"
    assert all(p.fresh and p.epochs == 2 and p.learning_rate is None for p in parsed)
    assert parsed[0].command in jobs.ALLOWED


def test_tuning_takes_the_place_of_typed_knobs_and_spares_the_plain_loss():
    form = TrainForm("m", "s", out="o", losses=("ce", "dece"), switches=("tune",))
    form = TrainForm(**{**form.__dict__, "knobs": {"epsilon": "0.1"}})
    plain, dece = (build_parser().parse_args(argv) for argv in train_argvs(form))
    assert plain.tune is None
    assert (dece.tune, dece.epsilon) == (True, None)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (TrainForm(samples="s", out="o"), "start model"),
        (TrainForm(model="m", out="o"), "training samples"),
        (TrainForm(model="m", samples="s"), "folder"),
        (TrainForm("m", "s", out="o", losses=()), "no loss"),
    ],
)
def test_incomplete_forms_are_refused_in_words(form, words):
    with pytest.raises(RequestError, match=words):
        train_argvs(form)


def test_a_writing_model_is_trained_from_the_form_too():
    form = TrainForm(
        model="m",
        samples="s.jsonl",
        out="new",
        options={"answer-column": "comment", "payload": "--os.system"},
    )
    (argv,) = train_argvs(form)
    parsed = build_parser().parse_args(argv)
    assert (parsed.answer_column, parsed.payload) == ("comment", "--os.system")
