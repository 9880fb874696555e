"""Load and run damaged models under limits of time and memory; print how they ended, as JSON.

``python -m tests.onnx.mutations 1000 0``: how many, and the seed.  Each is a small model with bytes, attributes or
integers changed.  A model may give a result or a ValueError (NotSupported is one); anything else is a fault, and so are
2 seconds of computing and 500 MB of memory.
"""

import collections
import json
import random
import resource
import signal
import sys

import numpy as np
import onnx
from onnx import helper

import tinyconv as tc
from tinyconv import nn
from tinyconv.onnx import export, load

SECONDS, BYTES, MAX_BYTES = 2.0, 500 << 20, 1 << 25
NUMBERS = [-(2**63), -(10**12), -129, -2, -1, 0, 1, 2, 3, 7, 64, 1000, 10**5, 10**8, 2**31, 10**12, 2**63 - 1]


class TooLong(BaseException):
    """Passes through every ``except Exception``."""


def stop(*_):
    raise TooLong


def integers(*values):
    return np.array(values, np.int64)


def small(kind, *arrays, **attributes):
    """A model of one operator, whose other inputs are constants."""
    constants = [onnx.numpy_helper.from_array(np.asarray(a), f"c{i}") for i, a in enumerate(arrays)]
    node = helper.make_node(kind, ["x", *[c.name for c in constants]], ["y"], **attributes)
    values = [helper.make_tensor_value_info(name, 1, None) for name in "xy"]
    graph = helper.make_graph([node], "g", values[:1], values[1:], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def exported(path):
    """Files that the exporter writes."""
    networks = [
        nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                      nn.Linear(16, 3), nn.Softmax(1)),
        nn.Sequential(nn.ConvTranspose2d(2, 2, 3, stride=2, groups=2), nn.GroupNorm(1, 2), nn.AvgPool2d(2), nn.GELU()),
        nn.Sequential(nn.Upsample(scale_factor=1.5), nn.Conv2d(2, 2, 3, padding=1, padding_mode="circular")),
    ]  # fmt: skip
    for network in networks:
        export(network.eval(), tc.ones(1, 2, 4, 4), path)
        yield onnx.load(path)


def operators():
    """Operators that could loop or grow."""
    scales = np.array([1, 1, 2, 2], np.float32)
    yield small("LRN", size=3)
    yield small("MaxPool", kernel_shape=[2, 2], strides=[1, 1], pads=[0, 0, 1, 1], ceil_mode=1)
    yield small("AveragePool", kernel_shape=[2, 2], dilations=[1, 1], auto_pad="SAME_UPPER")
    yield small("LpPool", kernel_shape=[2, 2], p=2)
    yield small("Tile", integers(1, 2, 1, 2))
    yield small("OneHot", np.int64(3), np.array([0, 1], np.float32), axis=-1)
    yield small("Expand", integers(2, 2, 4, 4))
    yield small("Pad", integers(0, 0, 1, 1, 0, 0, 1, 1), mode="reflect")
    yield small("Resize", np.zeros(0, np.float32), scales, mode="nearest",
                coordinate_transformation_mode="asymmetric", nearest_mode="floor")  # fmt: skip
    yield small("Resize", np.zeros(0, np.float32), scales, mode="linear")
    yield small("Slice", integers(0, 1), integers(2, 3), integers(2, 3), integers(1, -1))
    yield small("Split", integers(1, 1), axis=1)
    yield small("Trilu", np.int64(1), upper=1)
    yield small("ReduceSum", integers(1, 2), keepdims=1)
    yield small("ReduceLogSumExp", integers(1), noop_with_empty_axes=0)
    yield small("GatherElements", np.zeros((1, 1, 1, 1), np.int64), axis=2)
    yield small("Gather", integers(0, -1), axis=1)
    yield small("CumSum", np.int64(2), exclusive=1, reverse=0)
    yield small("TopK", integers(2), axis=1, largest=1, sorted=1)
    yield small("DepthToSpace", blocksize=1, mode="CRD")
    yield small("GroupNormalization", np.ones(2, np.float32), np.ones(2, np.float32), num_groups=2)
    for kind, numbers in (("ConstantOfShape", [integers(2, 3)]), ("Range", [np.int64(n) for n in (0, 9, 2)])):
        model = small(kind, *numbers)
        del model.graph.node[0].input[0]
        yield model


def change_bytes(model, pick):
    content = bytearray(model.SerializeToString())
    for _ in range(pick.randint(1, 6)):
        content[pick.randrange(len(content))] = pick.choice([0, 1, 127, 128, 255, pick.randrange(256)])
    return bytes(content)


def change_numbers(model, pick):
    """Other integers in one attribute, or in one small constant, or an input that is not there."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    node = pick.choice(model.graph.node)
    constants = [t for t in model.graph.initializer if t.data_type == onnx.TensorProto.INT64]
    if constants and pick.random() < 0.5:
        tensor = pick.choice(constants)
        array = onnx.numpy_helper.to_array(tensor).copy()
        if array.size:
            array.reshape(-1)[pick.randrange(array.size)] = pick.choice(NUMBERS)
        tensor.CopyFrom(onnx.numpy_helper.from_array(array, tensor.name))
    elif node.attribute and pick.random() < 0.9:
        attribute = pick.choice(node.attribute)
        attribute.i, attribute.f = pick.choice(NUMBERS), pick.choice([0.0, -1.0, 1e38, float("nan")])
        for place in range(len(attribute.ints)):
            if pick.random() < 0.5:
                attribute.ints[place] = pick.choice(NUMBERS)
    elif len(node.input):
        node.input[pick.randrange(len(node.input))] = pick.choice(["", "nowhere", "x"])
    return model.SerializeToString()


def outcome(content):
    """'result', 'refused', or what is wrong."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        model = load(content, max_bytes=MAX_BYTES)
        with tc.no_grad(), np.errstate(all="ignore"):
            model(*[tc.ones(1, 2, 4, 4)] * len(model.input_names))
        return "result"
    except ValueError as error:
        return "memory" if isinstance(error.__cause__, MemoryError) else "refused"
    except TooLong:
        return "time"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def main(count, seed):
    pick, scratch = random.Random(seed), sys.argv[3]
    models = [*exported(scratch), *operators()]
    before = [outcome(m.SerializeToString()) for m in models]
    signal.signal(signal.SIGPROF, stop)
    with open("/proc/self/statm") as file:
        held = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + BYTES, resource.RLIM_INFINITY))
    ends, faults = collections.Counter(), []
    for number in range(count):
        change = change_bytes if number % 2 else change_numbers
        content = change(pick.choice(models), pick)
        end = outcome(content)
        ends[end if end in ("result", "refused") else "fault"] += 1
        if end not in ("result", "refused"):
            faults.append([number, end, content.hex()[:2000]])
    print(json.dumps({"unchanged": before, "ends": ends, "faults": faults}))


if __name__ == "__main__":
    signal.signal(signal.SIGPROF, stop)
    main(int(sys.argv[1]), int(sys.argv[2]))
