"""Writes the files of this folder by PyTorch itself, and what it reads in them as expected.npz.

Needs PyTorch, which the tests do not: `python tests/torch_files/make_files.py`. Those here are of
PyTorch 2.14. A file zip_x is in the format since PyTorch 1.6, old_x in the one before, and
protocol4_x in the first with a later protocol of pickle.
"""

import pathlib

import numpy as np
import torch

HERE = pathlib.Path(__file__).parent
FORMS = {"zip": {}, "old": {"_use_new_zipfile_serialization": False}}


def numbered(module: torch.nn.Module) -> torch.nn.Module:
    """Gives the weights values that differ from each other."""
    with torch.no_grad():
        for number, value in enumerate(module.state_dict().values()):
            value.copy_(torch.arange(value.numel()).reshape(value.shape) / 8 + number)
    return module


def network() -> torch.nn.Module:
    """Returns a network as the authors save theirs: "module." before each name, and _metadata."""
    layers = torch.nn.Conv2d(2, 3, 2), torch.nn.BatchNorm2d(3), torch.nn.Linear(3, 2, bias=False)
    return torch.nn.DataParallel(numbered(torch.nn.Sequential(*layers)))


def tensors() -> dict:
    """Returns every kind of number, and every way of being a view of a storage."""
    kinds = (torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16,
             torch.int8, torch.uint8, torch.bool)  # fmt: skip
    values = torch.tensor([-3.25, 0.0, 0.1, 7.0])
    base = torch.arange(24, dtype=torch.float32)
    grid = base.reshape(2, 3, 4)
    return {
        "kind": {str(k): (values.abs() if k == torch.uint8 else values).to(k) for k in kinds},
        "special": torch.tensor([float("inf"), -0.0, 1e-40, 65504.0, float("nan")]),
        "view": {
            "whole": grid,
            "transposed": grid.permute(2, 0, 1),
            "part": grid[1, 1:, ::2],
            "row": base[5:9],
            "repeated": torch.tensor([[2.5], [3.5]]).expand(2, 3),
            "half": torch.arange(6).half().reshape(2, 3).t(),
        },
        "scalar": torch.tensor(1.5),
        "empty": torch.zeros(0, 3),
        "parameter": torch.nn.Parameter(torch.tensor([1.0, 2.0])),
    }


def checkpoint() -> dict:
    """Returns what a training saves: the weights, and much beside them."""
    model = numbered(torch.nn.Linear(2, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.5)
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    beside = {"epoch": 3, "best": 0.25, "name": "run \u00e9", "size": torch.ones(2, 3).size()}
    beside |= {"none": None, "flags": [True, False, -70000, 2**40, (1, 2)]}
    return {"state_dict": model.state_dict(), "optimizer": optimizer.state_dict(), **beside}


def flat(tree: dict, start: str = "") -> dict:
    """Returns the tensors of a tree by name, 16-bit floats as float32."""
    found = {}
    for key, value in tree.items():
        name = f"{start}{key}".removeprefix("module.")
        if isinstance(value, dict):
            found |= flat(value, f"{name}.")
        else:
            small = value.dtype in (torch.float16, torch.bfloat16)
            found[name] = (value.float() if small else value).detach().numpy()
    return found


class Doubling(torch.nn.Module):
    """A module that is saved whole: its class is code, so that its file must be refused."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Returns twice x."""
        return 2 * x


def main() -> None:
    """Writes the files, and what torch.load finds in those of weights."""
    torch.manual_seed(0)
    trees = {"network": network().state_dict(), "tensors": tensors(), "checkpoint": checkpoint()}
    expected = {}
    for form, options in FORMS.items():
        for name, tree in trees.items():
            path = HERE / f"{form}_{name}.pt"
            torch.save(tree, path, **options)
            loaded = torch.load(path, weights_only=True)
            values = flat(loaded.get("state_dict", loaded))
            found = {f"{name}/{key}": value for key, value in values.items()}
            for key, value in found.items():
                np.testing.assert_array_equal(value, expected.setdefault(key, value))
        torch.save(Doubling(), HERE / f"{form}_module.pt", **options)
    torch.save(trees["network"], HERE / "protocol4_network.pt", pickle_protocol=4)
    np.savez_compressed(HERE / "expected.npz", **expected)


if __name__ == "__main__":
    main()
