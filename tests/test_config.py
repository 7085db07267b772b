"""The configuration: layer syntax, label words, precedence, and JSON there and back."""

import pytest

from analysis.config import InspectConfig, parse_label_words, select_layers
from analysis.errors import RequestError
from analysis.pipeline.settings import settle

STACKS = {"encoder": 3, "decoder": 2}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("all", {"encoder": (0, 1, 2, 3), "decoder": (0, 1, 2)}),
        ("0,2-3", {"encoder": (0, 2, 3), "decoder": (0,)}),
        ("decoder:1-2", {"decoder": (1, 2)}),
        ("encoder:3,decoder:0", {"encoder": (3,), "decoder": (0,)}),
        ("1,1,0-1", {"encoder": (0, 1), "decoder": (0, 1)}),
    ],
)
def test_layer_expressions(text, expected):
    assert select_layers(text, STACKS, "model") == expected


@pytest.mark.parametrize("text", ["4", "encoder:4", "0-4", "middle:1", "", "1..2", "-1"])
def test_layers_that_are_not_there(text):
    with pytest.raises(RequestError):
        select_layers(text, STACKS, "model")


def test_a_stack_that_is_not_there():
    with pytest.raises(RequestError, match="has only encoder"):
        select_layers("decoder:1", {"encoder": 3}, "model")


def test_label_words():
    assert parse_label_words("0=false, 1=true") == {0: "false", 1: "true"}


@pytest.mark.parametrize("text", ["yes", "0=a", "0=a,2=b", "0=a,1=a", "0=,1=b", "a=b,c=d"])
def test_label_words_that_name_no_classes(text):
    with pytest.raises(RequestError):
        parse_label_words(text)


def test_json_round_trip():
    config = InspectConfig(layers="0,2", pooling=("mean",), max_samples=7, label_words="0=a,1=b")
    assert InspectConfig.from_json(config.to_json()) == config


def test_precedence_and_origins():
    class Parent:
        record = {"run_id": "R", "config": {"values": {"seed": 3, "layers": "1", "device": "cpu"}}}

    config, origins = settle({"seed": 5}, {"layers": "2", "seed": 4}, Parent())
    assert (config.seed, config.layers, config.device) == (5, "2", "cpu")
    assert origins["seed"] == "command line"
    assert origins["layers"] == "config file"
    assert origins["device"] == "run R"
    assert origins["precision"] == "default"
