"""PyTorch: its functions as they are, differentiated by itself."""

from __future__ import annotations

from typing import Any

from ..case import Array, Case, Running
from . import Framework, autograd

RUN = ("running_mean", "running_var")


def load() -> Any:
    """Return torch."""
    import torch

    return torch


def batch(shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of x (N, C, ...), gamma and beta."""
    return {"x": shape, "gamma": shape[1:2], "beta": shape[1:2]}


def inference(shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of x, gamma, beta and the running statistics."""
    return batch(shape) | {"running_mean": shape[1:2], "running_var": shape[1:2]}


def last(shape: tuple[int, ...], *names: str) -> dict[str, tuple[int, ...]]:
    """Return the shape of x, channels last, and one value per channel for each of `names`."""
    return {"x": shape, **dict.fromkeys(names, shape[-1:])}


def element(shape: tuple[int, ...], *names: str) -> dict[str, tuple[int, ...]]:
    """Return the shape of x, and that of one sample for each of `names`."""
    return {"x": shape, **dict.fromkeys(names, shape[1:])}


# What is not given is PyTorch's own: eps, alpha, beta, k and momentum are named where a case wants others.


def batch_norm(**settings: Any) -> Any:
    """Return training's batch normalization."""
    return lambda torch, x, gamma=None, beta=None: torch.nn.functional.batch_norm(
        x, None, None, gamma, beta, training=True, **settings
    )


def infer(**settings: Any) -> Any:
    """Return inference's batch normalization."""
    return lambda torch, x, running_mean, running_var, gamma=None, beta=None: torch.nn.functional.batch_norm(
        x, running_mean.detach(), running_var.detach(), gamma, beta, training=False, **settings
    )


def instance_norm(torch: Any, x: Any, gamma: Any = None, beta: Any = None) -> Any:
    """Return instance normalization by the samples' own statistics."""
    return torch.nn.functional.instance_norm(x, weight=gamma, bias=beta)


def layer_norm(torch: Any, x: Any, gamma: Any, beta: Any) -> Any:
    """Return layer normalization over the axes that gamma has, the last ones."""
    return torch.nn.functional.layer_norm(x, gamma.shape, gamma, beta)


def group_norm(groups: int) -> Any:
    """Return group normalization."""
    return lambda torch, x, gamma, beta: torch.nn.functional.group_norm(x, groups, gamma, beta)


def rms_norm(**settings: Any) -> Any:
    """Return root-mean-square normalization over the axes that gamma has."""
    return lambda torch, x, gamma: torch.nn.functional.rms_norm(x, gamma.shape, gamma, **settings)


def lrn(size: int, **settings: Any) -> Any:
    """Return local response normalization across channels."""
    return lambda torch, x: torch.nn.functional.local_response_norm(x, size, **settings)


def lp(p: float, axes: int | tuple[int, ...]) -> Any:
    """Return x over its p-norm along one or more axes."""
    return lambda torch, x: torch.nn.functional.normalize(x, p=p, dim=axes)


def parametrized(torch: Any, weight: Any, parametrize: Any) -> Any:
    """Return a module that hands out its weight, under a parametrization."""

    class Weight(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(weight.detach().clone())

        def forward(self) -> Any:
            return self.weight

    return parametrize(Weight())


def weight_norm(torch: Any, x: Any, g: Any) -> Any:
    """Return g x / |x|, the norm over all axes but the first."""
    module = parametrized(torch, x, lambda m: torch.nn.utils.parametrizations.weight_norm(m, name="weight", dim=0))
    length = g.reshape(-1, *[1] * (x.ndim - 1))
    names = {"parametrizations.weight.original0": length, "parametrizations.weight.original1": x}
    return torch.func.functional_call(module, names, ())


def spectral_norm(iterations: int) -> Any:
    """Return W over its largest singular value, and the vectors u and v that estimate it after some steps.

    PyTorch moves u first, by the v it holds, and v then by the new u; with v given the first u counts for nothing.
    """

    def compute(torch: Any, x: Any, v: Any) -> Any:
        module = parametrized(
            torch,
            x,
            lambda m: torch.nn.utils.parametrizations.spectral_norm(m, n_power_iterations=iterations),
        )
        left, right = torch.zeros(x.shape[0], dtype=x.dtype), (v / v.norm()).detach().flatten()
        names = {
            "parametrizations.weight.original": x,
            "parametrizations.weight.0._u": left,  # both are moved where they are
            "parametrizations.weight.0._v": right,
        }
        return torch.func.functional_call(module, names, ()), left, right.reshape(v.shape)

    return compute


def averaged(**settings: Any) -> Any:
    """Return the running statistics of BatchNorm2d; momentum None is the plain average over batches."""

    def compute(torch: Any, batches: Array) -> tuple[Array, Array]:
        layer = torch.nn.BatchNorm2d(batches.shape[2], dtype=torch.float64, **settings)
        for x in batches:
            layer(torch.tensor(x))
        return layer.running_mean.numpy(), layer.running_var.numpy()

    return compute


FRAMEWORK = Framework(
    packages=("torch",),
    load=load,
    run=autograd.run,
    cases=(
        # Batch. A single value per channel is refused by PyTorch; normlib gives beta.
        Case("batch_norm", "training", batch((4, 3, 3, 2)), batch_norm(), "PyTorch"),
        Case("batch_norm", "training, eps that tells", batch((4, 3, 3, 2)), batch_norm(), "PyTorch", scale=3e-3),
        Case("batch_norm", "training, large eps", batch((4, 3, 3, 2)), batch_norm(eps=0.7), settings={"eps": 0.7}),
        Case("batch_norm", "training, far from zero", batch((4, 3, 3, 2)), batch_norm(), "PyTorch", shift=1e3),
        Case("batch_norm", "training, one example", batch((1, 3, 2, 4)), batch_norm(), "PyTorch"),
        Case("batch_norm", "training, one position", batch((6, 3, 1, 1)), batch_norm(), "PyTorch"),
        Case("batch_norm", "training, one channel", batch((3, 1, 2, 3)), batch_norm(), "PyTorch"),
        Case("batch_norm", "training, two values", batch((2, 3, 1, 1)), batch_norm(), "PyTorch", scale=0.01),
        Case(
            "batch_norm",
            "training, no gamma and beta",
            {"x": (4, 3, 3, 2)},
            batch_norm(),
            "PyTorch",
            settings={"affine": False},
        ),
        Case("batch_norm", "a matrix", batch((5, 3)), batch_norm(), "PyTorch", settings={"layout": "NC"}),
        Case("batch_norm", "sequences", batch((3, 2, 5)), batch_norm(), "PyTorch", settings={"layout": "NCL"}),
        Case("batch_norm", "volumes", batch((2, 2, 2, 3, 2)), batch_norm(), "PyTorch", settings={"layout": "NCDHW"}),
        Case(
            "batch_norm",
            "inference",
            inference((4, 3, 3, 2)),
            infer(),
            "PyTorch",
            settings={"training": False},
            fixed=RUN,
        ),
        Case(
            "batch_norm",
            "inference, one value",
            inference((1, 1, 1, 1)),
            infer(eps=0.3),
            settings={"training": False, "eps": 0.3},
            fixed=RUN,
        ),
        # Layer, instance, group, root mean square.
        Case("layer_norm", "all axes but the first", element((3, 4, 2, 3), "gamma", "beta"), layer_norm, "PyTorch"),
        Case(
            "layer_norm",
            "channels of a token",
            last((3, 4, 5), "gamma", "beta"),
            layer_norm,
            settings={"over": "channels", "layout": "NLC"},
        ),
        Case("layer_norm", "eps that tells", element((3, 4, 2, 3), "gamma", "beta"), layer_norm, scale=3e-3),
        Case("layer_norm", "one example", element((1, 4, 2, 3), "gamma", "beta"), layer_norm),
        Case("layer_norm", "one position", element((3, 5, 1, 1), "gamma", "beta"), layer_norm),
        Case("layer_norm", "one channel", element((3, 1, 2, 3), "gamma", "beta"), layer_norm),
        Case("layer_norm", "a matrix", element((3, 5), "gamma", "beta"), layer_norm, settings={"layout": "NC"}),
        Case("layer_norm", "sequences", element((3, 2, 5), "gamma", "beta"), layer_norm, settings={"layout": "NCL"}),
        Case(
            "layer_norm",
            "volumes",
            element((2, 2, 2, 3, 2), "gamma", "beta"),
            layer_norm,
            settings={"layout": "NCDHW"},
        ),
        Case("instance_norm", "per sample and channel", batch((3, 4, 2, 3)), instance_norm),
        Case("instance_norm", "no gamma and beta", {"x": (3, 4, 2, 3)}, instance_norm, "PyTorch"),
        Case("instance_norm", "eps that tells", batch((3, 4, 2, 3)), instance_norm, scale=3e-3),
        Case("instance_norm", "one example", batch((1, 4, 2, 3)), instance_norm),
        Case("instance_norm", "one channel", batch((3, 1, 2, 3)), instance_norm),
        Case("instance_norm", "one row", batch((3, 2, 1, 4)), instance_norm),
        Case("instance_norm", "sequences", batch((3, 2, 5)), instance_norm, settings={"layout": "NCL"}),
        Case("instance_norm", "volumes", batch((2, 2, 2, 3, 2)), instance_norm, settings={"layout": "NCDHW"}),
        Case("group_norm", "two groups", batch((3, 4, 2, 3)), group_norm(2), "PyTorch", settings={"groups": 2}),
        Case(
            "group_norm", "three groups of two", batch((2, 6, 2, 2)), group_norm(3), "PyTorch", settings={"groups": 3}
        ),
        Case(
            "group_norm",
            "eps that tells",
            batch((3, 4, 2, 3)),
            group_norm(2),
            "PyTorch",
            settings={"groups": 2},
            scale=3e-3,
        ),
        Case("group_norm", "one group", batch((2, 4, 2, 2)), group_norm(1), "PyTorch", settings={"groups": 1}),
        Case(
            "group_norm", "a group per channel", batch((2, 4, 2, 2)), group_norm(4), "PyTorch", settings={"groups": 4}
        ),
        Case("group_norm", "one example", batch((1, 4, 2, 3)), group_norm(2), "PyTorch", settings={"groups": 2}),
        Case("group_norm", "one position", batch((3, 6, 1, 1)), group_norm(2), "PyTorch", settings={"groups": 2}),
        Case("group_norm", "a matrix", batch((3, 6)), group_norm(2), "PyTorch", settings={"groups": 2, "layout": "NC"}),
        Case(
            "group_norm",
            "sequences",
            batch((3, 4, 3)),
            group_norm(2),
            "PyTorch",
            settings={"groups": 2, "layout": "NCL"},
        ),
        Case(
            "group_norm",
            "volumes",
            batch((2, 4, 2, 3, 2)),
            group_norm(2),
            "PyTorch",
            settings={"groups": 2, "layout": "NCDHW"},
        ),
        Case("rms_norm", "a matrix", last((3, 5), "gamma"), rms_norm(eps=1e-5), settings={"eps": 1e-5, "layout": "NC"}),
        Case(
            "rms_norm", "tokens", last((3, 4, 5), "gamma"), rms_norm(eps=1e-5), settings={"eps": 1e-5, "layout": "NLC"}
        ),
        Case("rms_norm", "one value", last((2, 1), "gamma"), rms_norm(eps=0.1), settings={"eps": 0.1, "layout": "NC"}),
        *(
            Case(
                "rms_norm",
                what,
                element(shape, "gamma"),
                rms_norm(eps=1e-5),
                settings={"eps": 1e-5, "over": "sample"},
                scale=scale,
            )
            for what, shape, scale in (
                ("all axes but the first", (3, 4, 2, 3), 1.0),
                ("eps that tells", (3, 4, 2, 3), 3e-3),
                ("one position", (3, 5, 1, 1), 1.0),
                ("one example", (1, 4, 2, 3), 1.0),
                ("one channel", (2, 1, 2, 3), 1.0),
            )
        ),
        # eps None is the machine's, so another in either dtype; normlib's preset has the one of float32.
        Case(
            "rms_norm",
            "PyTorch's own eps",
            last((3, 4, 5), "gamma"),
            rms_norm(),
            "PyTorch",
            settings={"layout": "NLC"},
            scale=3e-4,
            dtypes=("float32",),
        ),
        Case(
            "rms_norm",
            "PyTorch's own eps of float64",
            last((3, 4, 5), "gamma"),
            rms_norm(),
            settings={"eps": 2.0**-52, "layout": "NLC"},
            scale=1e-8,
            dtypes=("float64",),
        ),
        # Local response across channels. The extra channel of an even window is the lower one.
        Case("local_response_norm", "PyTorch", {"x": (2, 8, 2, 2)}, lrn(5), "PyTorch", scale=30),
        *(
            Case(
                "local_response_norm",
                f"PyTorch, window of {size}",
                {"x": (2, 6, 2, 3)},
                lrn(size, alpha=0.9),
                "PyTorch",
                settings={"size": size, "alpha": 0.9},
            )
            for size in (1, 2, 3, 4, 6)
        ),
        Case(
            "local_response_norm",
            "PyTorch, window wider than the channels",
            {"x": (2, 3, 2, 2)},
            lrn(10, alpha=0.9, beta=0.5, k=2.0),
            "PyTorch",
            settings={"size": 10, "alpha": 0.9, "beta": 0.5, "k": 2.0},
        ),
        Case(
            "local_response_norm",
            "PyTorch, one channel at one position",
            {"x": (3, 1, 1, 1)},
            lrn(4, alpha=0.9),
            "PyTorch",
            settings={"size": 4, "alpha": 0.9},
        ),
        *(
            Case(
                "local_response_norm",
                f"PyTorch, {what}",
                {"x": shape},
                lrn(4, alpha=0.9),
                "PyTorch",
                settings={"size": 4, "alpha": 0.9, "layout": layout},
            )
            for what, shape, layout in (("sequences", (2, 6, 3), "NCL"), ("volumes", (2, 6, 2, 1, 2), "NCDHW"))
        ),
        Case("local_response_norm", "Caffe", {"x": (2, 7, 2, 2)}, lrn(5, alpha=1.0), "Caffe"),
        Case(
            "cross_channel_norm",
            "MatConvNet",
            {"x": (2, 7, 2, 2)},
            lrn(5, alpha=5 * (1e-4 / 5)),
            "MatConvNet",
            scale=60,
        ),
        Case(
            "cross_channel_norm",
            "strong",
            {"x": (2, 7, 2, 2)},
            lrn(3, alpha=3 * 0.5, k=2.0),
            settings={"size": 3, "alpha": 0.5, "k": 2.0},
        ),
        # Lp: the smallest norm it divides by is 1e-12.
        Case("lp_norm", "p 2, channels", {"x": (3, 4, 2, 2)}, lp(2, 1)),
        Case("lp_norm", "p 1, channels", {"x": (3, 4, 2, 2)}, lp(1, 1), settings={"p": 1}),
        Case("lp_norm", "p 3, channels", {"x": (3, 4, 2, 2)}, lp(3, 1), settings={"p": 3}),
        Case(
            "lp_norm", "p 2, all axes but the first", {"x": (3, 4, 2, 2)}, lp(2, (1, 2, 3)), settings={"over": "sample"}
        ),
        Case("lp_norm", "p 2, shorter than its least norm", {"x": (3, 4, 2, 2)}, lp(2, 1), scale=1e-13),
        # Of one channel the gradient is 0 but for this; PyTorch's is then its own rounding.
        Case("lp_norm", "p 2, one channel and short", {"x": (3, 1, 2, 2)}, lp(2, 1), scale=1e-13),
        # Weights: x is v, or W, with output channels first.
        Case("weight_norm", "per output channel", {"x": (4, 3, 2, 2), "g": (4,)}, weight_norm),
        Case("weight_norm", "one output channel", {"x": (1, 3, 2, 2), "g": (1,)}, weight_norm),
        *(
            Case(
                "spectral_norm",
                what,
                {"x": shape, "v": shape[1:]},
                spectral_norm(iterations),
                "PyTorch",
                settings={"iterations": iterations},
                besides=("u", "v"),
                fixed=("v",),
            )
            for what, shape, iterations in (
                ("one step", (4, 3, 2, 2), 1),
                ("three steps", (4, 3, 2, 2), 3),
                ("a matrix", (3, 5, 1, 1), 1),
                ("one output channel", (1, 3, 2, 2), 1),
            )
        ),
    ),
    running=(
        Running("PyTorch", "its own momentum", averaged()),
        Running("PyTorch", "momentum 0.6", averaged(momentum=0.6), settings={"momentum": 0.6}),
        Running("Ioffe & Szegedy", "momentum None", averaged(momentum=None)),
    ),
)
