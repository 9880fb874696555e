"""``python -m tinyconv.explain``: a layer's arithmetic and its sliding window, in the terminal.

python -m tinyconv.explain conv --input 5x5 --kernel 2x2 --stride 2
python -m tinyconv.explain --lang zh conv --input 5x5 --kernel 4x4 --padding same
python -m tinyconv.explain transposed --input 2x2 --kernel 3x3 --stride 2 --padding 1
python -m tinyconv.explain pool --input 5x5 --kernel 3x3 --stride 2 --padding 1 --mode avg
python -m tinyconv.explain conv --input 5x5 --kernel 3x3 --dilation 2 --save film.svg
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import sys
from collections.abc import Sequence

import numpy as np

from .. import nn
from ..command_line import Parser, split_language
from ..errors import phrase, refusal
from ..kernels.geometry import Ints
from ..language import use_language
from ..tensor import Tensor
from .film import animate
from .show import grid_text, number
from .slide import count_frames, frames, size_arithmetic, spread_frames

PROG = "python -m tinyconv.explain"
Padding = str | Ints | tuple[tuple[int, int], ...]

CONVS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
MAX_POOLS = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)
AVG_POOLS = (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)


def sizes(text: str) -> Ints:
    """Read ``5x5``, ``5,5`` or ``5``, each at least 1.

    Examples
    --------
    >>> sizes("5x6"), sizes("3")
    ((5, 6), (3,))
    """
    return _whole_numbers(text, 1)


def counts(text: str) -> Ints:
    """Read numbers of cells like sizes; each may be 0.

    Examples
    --------
    >>> counts("0x2")
    (0, 2)
    """
    return _whole_numbers(text, 0)


def paddings(text: str) -> Padding:
    """Read ``same``, ``valid``, ``1``, ``1x2`` for each axis, or ``0:1x2`` for before and after of an axis.

    Examples
    --------
    >>> paddings("same"), paddings("1x2"), paddings("0:1x2")
    ('same', (1, 2), ((0, 1), (2, 2)))
    """
    if text in ("same", "valid"):
        return text
    if ":" not in text:
        return counts(text)
    pairs = [_whole_numbers(part.replace(":", "x"), 0) for part in text.lower().replace("×", "x").split("x")]
    if any(len(pair) > 2 for pair in pairs):
        raise argparse.ArgumentTypeError(phrase("explain.no_size", text=text))
    return tuple((pair[0], pair[-1]) for pair in pairs)


def _whole_numbers(text: str, least: int) -> Ints:
    try:
        values = tuple(int(part) for part in text.lower().replace("×", "x").replace(",", "x").split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(phrase("explain.no_size", text=text)) from None
    if min(values) < least:
        raise argparse.ArgumentTypeError(phrase("explain.least", text=text, least=least))
    return values


def numbers(text: str) -> list[float]:
    """Read numbers with commas between them.

    Examples
    --------
    >>> numbers("0,1,-2.5")
    [0.0, 1.0, -2.5]
    """
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(phrase("explain.no_numbers", text=text)) from None


def make_parser() -> Parser:
    """Describe the command line.

    Examples
    --------
    >>> make_parser().parse_args(["conv", "--input", "5x5", "--kernel", "2x2"]).kernel
    (2, 2)
    """
    parser = Parser(prog=PROG, description=phrase("explain.about"))
    parser.add_language()
    layers = parser.add_subparsers(dest="layer", required=True, metavar="{conv,transposed,pool}")
    conv = layers.add_parser("conv", help=phrase("explain.help_conv"))
    transposed = layers.add_parser("transposed", help=phrase("explain.help_transposed"))
    pool = layers.add_parser("pool", help=phrase("explain.help_pool"))
    for sub in (conv, transposed, pool):
        sub.add_argument("--input", type=sizes, required=True, metavar="HxW", help=phrase("explain.help_input"))
        sub.add_argument("--kernel", type=sizes, required=True, metavar="HxW", help=phrase("explain.help_kernel"))
        sub.add_argument("--stride", type=sizes, metavar="N", help=phrase("explain.help_stride"))
        sub.add_argument("--frames", type=int, default=4, metavar="N", help=phrase("explain.help_frames"))
        sub.add_argument("--values", type=numbers, metavar="A,B,...", help=phrase("explain.help_values"))
        sub.add_argument("--save", metavar="FILE", help=phrase("explain.help_save"))
    for sub in (conv, transposed):
        sub.add_argument("--dilation", type=sizes, default=(1,), metavar="N", help=phrase("explain.help_dilation"))
        sub.add_argument("--weights", type=numbers, metavar="A,B,...", help=phrase("explain.help_weights"))
    conv.add_argument(
        "--padding",
        type=paddings,
        default=(0,),
        metavar="N",
        help=phrase("explain.help_conv_padding"),
    )
    for sub in (transposed, pool):
        sub.add_argument("--padding", type=counts, default=(0,), metavar="N", help=phrase("explain.help_padding"))
    conv.add_argument(
        "--padding-mode",
        default="zeros",
        choices=["zeros", "reflect", "replicate", "circular"],
        help=phrase("explain.help_padding_mode"),
    )
    conv.add_argument("--cover-all", action="store_true", help=phrase("explain.help_conv_cover"))
    transposed.add_argument(
        "--output-padding", type=counts, default=(0,), metavar="N", help=phrase("explain.help_output_padding")
    )
    pool.add_argument("--mode", default="max", choices=["max", "avg"], help=phrase("explain.help_mode"))
    pool.add_argument("--ceil-mode", action="store_true", help=phrase("explain.help_ceil"))
    pool.add_argument("--cover-all", action="store_true", help=phrase("explain.help_pool_cover"))
    return parser


def make_layer(args: argparse.Namespace) -> nn.Module:
    """Build the layer that the arguments describe, with one channel.

    Examples
    --------
    >>> make_layer(make_parser().parse_args(["pool", "--input", "4x4", "--kernel", "2"]))
    MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)
    """
    axis = len(args.input) - 1
    if axis > 2:
        raise refusal("explain.input_axes", axes=axis + 1)
    for option in ("kernel", "stride", "padding", "dilation", "output_padding"):
        given = getattr(args, option, None)
        if isinstance(given, tuple) and len(given) not in (1, axis + 1):
            raise refusal("explain.option_axes", option=option.replace("_", "-"), given=len(given), axes=axis + 1)
    if args.layer == "pool":
        kernel, stride, padding = map(_short, (args.kernel, args.stride or args.kernel, args.padding))
        if args.mode == "max":
            return MAX_POOLS[axis](kernel, stride, padding, ceil_mode=args.ceil_mode, cover_all=args.cover_all)
        if args.cover_all:
            raise refusal("explain.cover_all")
        return AVG_POOLS[axis](kernel, stride, padding, ceil_mode=args.ceil_mode)
    stride = args.stride or (1,)
    layer: nn.Module
    if args.layer == "transposed":
        layer = TRANSPOSED[axis](1, 1, args.kernel, stride, args.padding, args.output_padding, 1, False, args.dilation)
    else:
        padding = args.padding
        if isinstance(padding[0], tuple) and len(padding) == 1:
            padding *= axis + 1
        layer = CONVS[axis](
            1, 1, args.kernel, stride, padding, args.dilation, 1, False, args.padding_mode,
            cover_all=args.cover_all,
        )  # fmt: skip
    layer.weight.array = _filled(layer.weight.shape, args.weights, "--weights")
    return layer


def _short(size: Ints) -> int | Ints:
    """One number for all axes as an int, so that the layer prints it as such."""
    return size[0] if len(size) == 1 else size


def _filled(shape: Ints, values: Sequence[float] | None, option: str) -> np.ndarray:
    count = math.prod(shape)
    if values is not None and len(values) != count:
        raise refusal("explain.count", option=option, count=count, given=len(values))
    return np.array(range(count) if values is None else values, np.float32).reshape(shape)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status.

    Examples
    --------
    >>> main("conv --input 3 --kernel 2 --frames 1".split())
    Conv1d(1, 1, kernel_size=(2,), stride=(1,), bias=False)
    <BLANKLINE>
    o = floor((i + padding - (d*(k - 1) + 1)) / s) + 1
    axis 0: floor((3 + 0 + 0 - (1*(2 - 1) + 1)) / 1) + 1 = floor(1 / 1) + 1 = 2
    output size: 2
    <BLANKLINE>
    kernel
    0 1
    <BLANKLINE>
    window 1 of 2
    [0][1] 2      [1] ?
    y[0, 0, 0] = 0*0 + 1*1 = 1
    <BLANKLINE>
    1 more; --frames 0 shows them all
    0
    """
    language, rest = split_language(sys.argv[1:] if argv is None else argv, PROG)
    with use_language(language):
        args = make_parser().parse_args(rest)
        return _status(args)


def _status(args: argparse.Namespace) -> int:
    try:
        _show(args)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has seen enough; what is left to flush at the end goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ValueError, RuntimeError, TypeError, ImportError, OSError) as error:
        print(f"{PROG}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\n{phrase('explain.stopped')}", file=sys.stderr)
        return 130
    return 0


def _show(args: argparse.Namespace) -> None:
    layer = make_layer(args)
    x = Tensor._of(_filled((1, 1, *args.input), args.values, "--values"))
    print(layer, size_arithmetic(layer, args.input), sep="\n\n")
    # a transposed convolution has a place on each cell of its input, and spreads that; the others gather
    spreads = args.layer == "transposed"
    total = math.prod(args.input) if spreads else count_frames(layer, args.input)
    shown = total if args.frames <= 0 else min(args.frames, total)
    if args.layer != "pool":
        print(f"\n{phrase('explain.kernel')}\n{_cut(_kernel_text(layer))}")
    for count, picture in enumerate((spread_frames if spreads else frames)(layer, x, shown), 1):
        print("", phrase("explain.window_of", count=count, total=total), _cut_grid(picture), sep="\n")
    if shown < total:
        print("", phrase("explain.more", count=total - shown), sep="\n")
    if args.save:
        film = animate(layer, x, args.save)
        print("", phrase("explain.film_of", path=args.save, count=len(film.shots)), sep="\n")


def _cut_grid(picture: str) -> str:
    grid, _, arithmetic = picture.rpartition("\n")  # the arithmetic may wrap; a grid that does cannot be read
    return f"{_cut(grid)}\n{arithmetic}"


def _cut(text: str) -> str:
    """Cut lines to the terminal's width, where there is a terminal."""
    if not sys.stdout.isatty():
        return text
    width = shutil.get_terminal_size().columns
    return "\n".join(line if len(line) <= width else line[: max(width - 3, 0)] + "..." for line in text.split("\n"))


def _kernel_text(layer: nn.Module) -> str:
    rows = layer.weight.array.reshape(-1, layer.weight.shape[-1])
    return grid_text([[number(float(value)) for value in row] for row in rows])


if __name__ == "__main__":
    sys.exit(main())
