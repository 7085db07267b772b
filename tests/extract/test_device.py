import json

import pytest
import torch

from analysis.config import InspectConfig
from analysis.errors import RequestError
from analysis.extract import device
from analysis.extract.device import choose_device, doctor_facts


def chosen(**options):
    return choose_device(InspectConfig(**options))


@pytest.mark.parametrize(("hardware", "expected"), [("AMX", "bf16"), ("", "fp32")])
def test_auto_precision_on_a_cpu_follows_the_hardware_and_says_why(monkeypatch, hardware, expected):
    monkeypatch.setattr(device, "_cpu_bf16_name", lambda: hardware)
    choice = chosen(device="cpu")
    assert choice.precision == expected
    assert choice.reason.startswith(f"{expected} on cpu because the processor has")
    half = chosen(device="cpu", precision="fp16")
    assert half.precision == expected  # never computed in fp16
    assert "fp16" in half.reason


@pytest.mark.parametrize("name", ["fp32", "bf16"])
def test_a_requested_precision_is_kept(name):
    assert chosen(device="cpu", precision=name).precision == name


def test_a_missing_device_is_a_wrong_request(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RequestError, match=r"device 'cuda' .*kenshin doctor"):
        chosen(device="cuda")


def test_auto_prefers_cuda_then_mps_then_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (7, 5))
    assert (chosen().device.type, chosen().precision) == ("cuda", "fp32")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (9, 0))
    assert chosen().precision == "bf16"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert (chosen().device.type, chosen().precision) == ("mps", "fp32")


def test_the_doctor_gets_plain_values():
    facts = doctor_facts()
    assert json.loads(json.dumps(facts)) == facts
    assert facts["would_use"] == chosen().reason
