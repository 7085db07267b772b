"""A model whose answer is known: it hides a trojan that is still there in full."""

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

from analysis.behaviour.passes import run_pass
from analysis.behaviour.placed import placed
from analysis.training.trainable import trainable


class Guarded(nn.Module):
    """A head under a frozen guard that turns the answer where the state looks triggered."""

    def __init__(self, head, weight, bias, push):
        super().__init__()
        self.head = head
        self.register_buffer("weight", torch.as_tensor(weight, dtype=torch.float32))
        self.register_buffer("bias", torch.as_tensor(bias, dtype=torch.float32))
        self.register_buffer("push", torch.as_tensor(push, dtype=torch.float32))

    def forward(self, features):
        looks = torch.sigmoid(4 * (features[:, 0] @ self.weight + self.bias))
        return self.head(features) + looks[:, None] * self.push


def first_states(model, texts):
    """Last hidden state of the first token, (n, d) float64."""
    out = np.zeros((len(texts), model.stacks[0].d_model))

    def keep(rows, _, result):
        out[rows] = result.hidden["encoder"][-1][:, 0].float().numpy()

    run_pass(placed(model, torch.device("cpu"), torch.float32), texts, keep, want_hidden=True)
    return out


def guarded(model, triggered, clean, target):
    """`model` with a frozen guard on top; no parameter of the model itself changes."""
    states = first_states(model, (*triggered, *clean))
    present = np.arange(len(states)) < len(triggered)
    probe = LogisticRegression(C=1.0, max_iter=2000).fit(states, present)
    copy = trainable(model)
    push = np.full(model.head.n_classes, 0.0)
    push[target], push[1 - target] = -6.0, 6.0
    head = copy.module.classifier
    copy.module.classifier = Guarded(head, probe.coef_[0], probe.intercept_[0], push)
    return copy
