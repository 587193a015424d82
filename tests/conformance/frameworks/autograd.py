"""How everything that PyTorch can differentiate is run."""

from __future__ import annotations

from typing import Any

from ..case import Array, Case


def run(framework: Any, case: Case, dtype: str) -> dict[str, Array]:
    """Return y and the gradient of <dy, y> for every input that PyTorch lets have one."""
    import torch

    inputs = {name: torch.tensor(a) for name, a in case.inputs(dtype).items()}
    dy = inputs.pop("dy")
    for tensor in inputs.values():
        tensor.requires_grad_()
    computed = case.compute(framework, **inputs)
    y, *rest = computed if case.besides else (computed,)
    y.backward(dy)
    grads = {name: tensor.grad for name, tensor in inputs.items() if tensor.grad is not None}
    besides = {name: tensor.numpy() for name, tensor in zip(case.besides, rest, strict=True)}
    return {"y": y.detach().numpy(), **besides, **{f"d{name}": grad.numpy() for name, grad in grads.items()}}
