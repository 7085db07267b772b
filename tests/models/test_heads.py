"""Class scores against references written from the papers' and Hugging Face's definitions."""

from __future__ import annotations

import tiny_models as tiny
import torch
import transformers
from safetensors.torch import save_file
from test_adapters import pad

from analysis.config import InspectConfig
from analysis.models.open import open_model

SHORT = [text for text in tiny.TEXTS if len(text) < 60]


def opened_and_original(tmp_path, cls, config, wrapped="both", **options):
    original = tiny.randomised(cls(config))
    folder = tiny.save_folder(tmp_path / "model", original, wrapped)
    return open_model(str(folder), InspectConfig(**options)), original


def scores(opened, texts=SHORT):
    return opened.adapter.forward(opened, pad(opened, texts), want_hidden=False).logits


def test_classification_heads_equal_hugging_face(tmp_path) -> None:
    for number, (cls, config, wrapped) in enumerate(
        [
            (transformers.RobertaForSequenceClassification, tiny.roberta(num_labels=3), "both"),
            (transformers.BertForSequenceClassification, tiny.bert(num_labels=3), "both"),
            (transformers.T5ForSequenceClassification, tiny.t5(num_labels=3), "end"),
            (transformers.GPT2ForSequenceClassification, tiny.gpt2(num_labels=3), ""),
            (transformers.LlamaForSequenceClassification, tiny.llama(num_labels=3), ""),
            (transformers.Qwen2ForSequenceClassification, tiny.qwen2(num_labels=3), ""),
        ]
    ):
        opened, original = opened_and_original(tmp_path / str(number), cls, config, wrapped)
        texts = [text for text in SHORT if text]  # a text of padding alone has no class there
        with torch.no_grad():
            theirs = original(**pad(opened, texts)._asdict()).logits
        assert (opened.head.kind, opened.head.n_classes) == ("argmax", 3)
        torch.testing.assert_close(scores(opened, texts), theirs, rtol=1e-4, atol=1e-5)


def test_one_logit_is_a_sigmoid_cut_at_one_half(tmp_path) -> None:
    opened, original = opened_and_original(
        tmp_path, transformers.RobertaForSequenceClassification, tiny.roberta(num_labels=1)
    )
    with torch.no_grad():
        z = original(**pad(opened, SHORT)._asdict()).logits
    probabilities = scores(opened).softmax(-1)
    assert opened.head.kind == "sigmoid"
    torch.testing.assert_close(probabilities[:, 1:], z.sigmoid(), rtol=1e-5, atol=1e-6)
    assert torch.equal(probabilities.argmax(-1), (z[:, 0] > 0).long())


def test_one_token_label_words_are_a_softmax_over_the_first_step(tmp_path) -> None:
    opened, original = opened_and_original(
        tmp_path,
        transformers.T5ForConditionalGeneration,
        tiny.t5(),
        "end",
        label_words="0=false,1=true",
    )
    batch = pad(opened, SHORT)
    start = torch.full((len(SHORT), 1), original.config.decoder_start_token_id)
    with torch.no_grad():
        full = original(**batch._asdict(), decoder_input_ids=start).logits[:, 0]
    ids = [tiny.byte_level("").token_to_id(word) for word in ("false", "true")]
    torch.testing.assert_close(scores(opened).softmax(-1), full[:, ids].softmax(-1))


def test_spelled_label_words_are_summed_log_probabilities_with_the_end(tmp_path) -> None:
    opened, original = opened_and_original(
        tmp_path,
        transformers.T5ForConditionalGeneration,
        tiny.t5(),
        "end",
        label_words="0=false alarm,1=true",
    )
    ours = scores(opened)
    for column, word in enumerate(("false alarm", "true")):
        labels = torch.tensor([tiny.byte_level("end").encode(word).ids])
        for row, text in enumerate(SHORT):
            with torch.no_grad():
                loss = original(**pad(opened, [text])._asdict(), labels=labels).loss
            torch.testing.assert_close(
                ours[row, column], -loss * labels.shape[1], rtol=1e-4, atol=0
            )


def test_a_causal_model_scores_the_word_behind_the_text(tmp_path) -> None:
    for number, (cls, config) in enumerate(
        [
            (transformers.GPT2LMHeadModel, tiny.gpt2()),
            (transformers.CodeGenForCausalLM, tiny.codegen()),
            (transformers.Qwen2ForCausalLM, tiny.qwen2()),
        ]
    ):
        for words in (["false", "true"], ["false alarm", "true"]):
            opened, original = opened_and_original(
                tmp_path / f"{number}{len(words[0])}",
                cls,
                config,
                "",
                label_words=f"0={words[0]},1={words[1]}",
            )
            single = words == ["false", "true"]
            expected = [[spelled(original, opened, t, w, single) for w in words] for t in SHORT]
            torch.testing.assert_close(
                scores(opened).log_softmax(-1),
                torch.tensor(expected).log_softmax(-1),
                rtol=1e-4,
                atol=1e-4,
            )


def spelled(original, opened, text: str, word: str, single: bool) -> float:
    """Log-probability of one word behind one text, token by token, without batching."""
    before = opened.encode([text]).ids[0].tolist()
    after = tiny.byte_level("").encode(word).ids + ([] if single else [2])
    with torch.no_grad():
        logits = original(input_ids=torch.tensor([before + after])).logits[0].log_softmax(-1)
    return sum(float(logits[len(before) - 1 + i, token]) for i, token in enumerate(after))


class DefectModel(torch.nn.Module):
    """CodeT5's defect model: the decoder reads the source, the last end token decides."""

    def __init__(self, encoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.classifier = torch.nn.Linear(encoder.config.hidden_size, 2)

    def forward(self, ids, mask):
        outputs = self.encoder(
            input_ids=ids,
            attention_mask=mask,
            labels=ids,
            decoder_attention_mask=mask,
            output_hidden_states=True,
        )
        hidden = outputs.decoder_hidden_states[-1]
        ends = ids.eq(self.encoder.config.eos_token_id)
        vectors = hidden[ends].view(hidden.size(0), -1, hidden.size(-1))[:, -1, :]
        return self.classifier(vectors)


def test_a_linear_head_reads_the_decoder_at_the_last_end_token(tmp_path) -> None:
    original = tiny.randomised(DefectModel(transformers.T5ForConditionalGeneration(tiny.t5())))
    folder = tiny.save_folder(tmp_path / "m", original.encoder, "both")
    config = (folder / "config.json").read_text()
    marked = config[:-1] + ', "kenshin_head": {"kind": "linear", "position": "last_eos"}}'
    (folder / "config.json").write_text(marked)
    tensors = tiny.deduplicated(original.encoder)
    head = {f"classifier.{k}": v for k, v in original.classifier.state_dict().items()}
    save_file({**tensors, **head}, str(folder / "model.safetensors"))
    opened = open_model(str(folder), InspectConfig())
    batch = pad(opened, SHORT)
    with torch.no_grad():
        theirs = original(*batch)
    assert opened.head.kind == "argmax"
    torch.testing.assert_close(scores(opened), theirs, rtol=1e-4, atol=1e-5)
