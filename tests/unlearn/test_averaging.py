"""Averaging: the mean is the mean, the module gets its own weights back, still ones stay still."""

import pytest
import torch
from toy_bag import kit, poisoned_bag

from analysis.unlearn.averaging import Average
from analysis.unlearn.guard import Look
from analysis.unlearn.kit import Plan
from analysis.unlearn.loop import LoopSettings, run_steps
from analysis.unlearn.objectives.ascent import grad_diff


def test_it_shows_the_mean_of_what_was_counted_and_takes_it_away_again():
    torch.manual_seed(0)
    moving, still = (torch.nn.Parameter(torch.randn(3, 2)) for _ in range(2))
    average = Average({"moving": moving, "still": still})
    kept = still.detach().clone()
    with average.in_place():
        before = moving.detach().clone()  # nothing counted: as it is
    seen = []
    for _ in range(5):
        moving.data = torch.randn(3, 2)
        seen.append(moving.detach().clone())
        average.add()
    assert not torch.equal(before, seen[0])
    with average.in_place():
        assert torch.allclose(moving, torch.stack(seen).mean(0), atol=1e-6)
        assert torch.equal(still, kept)  # to the bit
    assert torch.equal(moving, seen[-1])


def test_the_module_gets_its_own_weights_back_when_a_look_is_broken_off():
    weight = torch.nn.Parameter(torch.zeros(2))
    average = Average({"weight": weight})
    average.add()
    weight.data = torch.ones(2)

    def look_broken_off():
        with average.in_place():
            assert float(weight.detach().sum()) == 0.0
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        look_broken_off()
    assert torch.equal(weight, torch.ones(2))


@pytest.mark.parametrize("average_from", [1.0, 0.5])
def test_the_loop_hands_back_the_mean_of_its_last_half(average_from):
    module = poisoned_bag()
    made = kit(module)
    name, first = next(iter(module.named_parameters()))
    steps = []

    def loss(_):
        return (first * torch.linspace(-1, 1, first.numel()).view_as(first)).sum()

    def measure(_):
        return Look(1.0, 0.5, 0.1, None, None, -float(len(steps)))

    settings = LoopSettings(
        0.01, 8, precision="fp32", check_every=100, seed=1, average_from=average_from
    )
    result = run_steps(
        module, Plan(loss, ("retain",)), made.parts, measure, settings,
        on_moment=lambda moment: steps.append(first.detach().clone()),
    )  # fmt: skip
    assert [m.kept for m in result.history if m.look is not None] == [True, True]
    expected = torch.stack(steps[5:]).mean(0) if average_from < 1 else steps[-1]
    assert result.best.step == 8
    assert torch.allclose(result.best.state[name], expected, atol=1e-7)
    assert torch.equal(first, result.best.state[name])


@pytest.mark.parametrize(
    ("later_gap", "average_from", "step"),
    [
        (0.11, 1.0, 4),  # single steps: the smallest gap
        (0.11, 0.25, 8),  # means: the longer one, where the look cannot tell
        (0.13, 0.25, 4),
    ],
)
def test_of_two_means_as_good_as_equal_the_longer_one_is_kept(later_gap, average_from, step):
    module = poisoned_bag()
    made = kit(module)
    gaps = iter([0.9, 0.1, later_gap])
    settings = LoopSettings(0.01, 8, precision="fp32", check_every=4, average_from=average_from)
    result = run_steps(
        module,
        grad_diff(made),
        made.parts,
        lambda _: Look(1.0, 0.5, 0.1, None, None, next(gaps)),
        settings,
    )
    assert result.best.step == step
