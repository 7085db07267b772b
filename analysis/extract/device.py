"""Which device and precision a run uses, and why."""

from __future__ import annotations

import platform
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import torch

from analysis.errors import RequestError

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class Choice(NamedTuple):
    """Where a model runs; `reason` goes into the record."""

    device: torch.device
    dtype: torch.dtype
    reason: str

    @property
    def precision(self) -> str:
        """Name of the precision: fp32, bf16 or fp16."""
        return precision_name(self.dtype)


class DeviceConfig(Protocol):
    """The two options that decide; `InspectConfig` has them."""

    @property
    def device(self) -> str:
        """auto, cpu, cuda or mps."""

    @property
    def precision(self) -> str:
        """auto, fp32, bf16 or fp16."""


def precision_name(dtype: torch.dtype) -> str:
    """Name of the precision: fp32, bf16 or fp16."""
    return next(name for name, value in DTYPES.items() if value == dtype)


def choose_device(config: DeviceConfig) -> Choice:
    """The device and precision for a request.

    Raises:
        RequestError: a device that this machine does not have.
    """
    device = torch.device(_device_type(config.device))
    if config.precision != "auto":
        if config.precision == "fp16" and device.type == "cpu":
            name = "bf16" if _cpu_has_bf16() else "fp32"
            return Choice(device, DTYPES[name], f"{name} on cpu because fp16 gains nothing there")
        reason = f"{config.precision} on {device.type} as requested"
        return Choice(device, DTYPES[config.precision], reason)
    fast, why = _bf16(device)
    name = "bf16" if fast else "fp32"
    return Choice(device, DTYPES[name], f"{name} on {device.type} because {why}")


def doctor_facts() -> dict[str, Any]:
    """What this machine would use, for `kenshin doctor`; plain JSON values."""
    facts: dict[str, Any] = {
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "cpu_bf16": _cpu_has_bf16(),
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "gpus": [],
    }
    if facts["cuda"]:
        for index in range(torch.cuda.device_count()):
            properties = torch.cuda.get_device_properties(index)
            gib = round(properties.total_memory / 2**30, 1)
            facts["gpus"].append({"name": properties.name, "memory_gib": gib})
    choice = choose_device(_Auto())
    facts["would_use"] = choice.reason
    return facts


class _Auto(NamedTuple):
    device: str = "auto"
    precision: str = "auto"


def _device_type(wanted: str) -> str:
    has = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        return next((name for name, there in has.items() if there), "cpu")
    if not has.get(wanted, True):
        raise RequestError(
            f"device '{wanted}' was requested, but this machine has none that torch can use.",
            "Use --device auto; `kenshin doctor` lists what is there.",
        )
    return wanted


def _bf16(device: torch.device) -> tuple[bool, str]:
    if device.type == "cuda":
        if torch.cuda.get_device_capability(device) >= (8, 0):
            return True, "the GPU has bf16 tensor cores"
        return False, "the GPU has no bf16 tensor cores"
    if device.type == "mps":
        return False, "bf16 on mps is not faster everywhere"
    if _cpu_has_bf16():
        return True, f"the processor has {_cpu_bf16_name()}"
    return False, "the processor has no bf16 instructions"


@lru_cache(maxsize=1)
def _cpu_bf16_name() -> str:
    """Name of the bf16 instructions, empty without any.

    A fixed rule, not a timing: the precision is part of the cache key and of every result, so
    it must not depend on how busy the machine is. oneDNN also emulates bf16 on plain AVX-512,
    which is slower than fp32: its own "supported" is not enough on x86.
    """
    if platform.machine().lower() in ("arm64", "aarch64"):
        return "Arm bf16" if torch.ops.mkldnn._is_mkldnn_bf16_supported() else ""
    for name, check in (
        ("AMX", "_is_amx_tile_supported"),
        ("AVX-512 bf16", "_is_avx512_bf16_supported"),
    ):
        probe = getattr(torch.cpu, check, None)
        if probe is not None and probe():
            return name
    return ""


def _cpu_has_bf16() -> bool:
    return bool(_cpu_bf16_name())
