"""Write the files of this folder with PyTorch: ``python record.py`` (made with 2.13)."""

from collections import OrderedDict
from pathlib import Path

HERE = Path(__file__).parent


def checkpoint(torch):
    weight = torch.arange(6.0).reshape(2, 3)
    named = torch.nn.Parameter(torch.ones(2))
    named.note = "mine"
    layer = torch.nn.BatchNorm1d(2)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.5, momentum=0.9)
    layer(torch.tensor([[1.0, 2.0], [3.0, 5.0]])).sum().backward()
    optimizer.step()
    kinds = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "bool"]
    return {
        "weight": weight,
        "turned": weight.t()[1:],
        "wide": torch.tensor([[7.0]]).expand(2, 3),
        "empty": torch.zeros(0, 3),
        "scalar": torch.tensor(3),
        "asking": torch.ones(1, requires_grad=True),
        "parameter": torch.nn.Parameter(torch.ones(2), requires_grad=False),
        "named": named,
        "kinds": {kind: torch.tensor([0, 1], dtype=getattr(torch, kind)) for kind in kinds},
        "layer": layer.state_dict(),
        "optimizer": optimizer.state_dict(),
        "plain": [1, -(2**70), 2.5, "字", None, True, (1, (2,)), {3, 4}, OrderedDict(a=1)],
        "torch": [torch.float32, torch.Size([2, 3]), torch.device("cpu")],
    }


if __name__ == "__main__":
    import torch

    torch.manual_seed(0)
    torch.save(checkpoint(torch), HERE / "zip.pth")
    torch.save(checkpoint(torch), HERE / "protocol4.pth", pickle_protocol=4)
    torch.save(checkpoint(torch), HERE / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(torch.nn.Linear(1, 1), HERE / "module.pth")
    torch.save({"w": torch.ones(2, dtype=torch.bfloat16)}, HERE / "bfloat16.pth")
