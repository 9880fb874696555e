"""What the tutorials' scripts share: where pictures go, and three ways to draw feature maps."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1]))  # where the other examples are

import command_line
import own_picture
from command_line import say

from tinyconv.errors.install import install

try:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.figure import Figure
except ImportError as error:
    command_line.lacks(error, "{why}. These scripts draw pictures: {how}", install("examples"))


def output_folder(description: str | None) -> Path:
    """Read the command line, ``--out DIR``, and make that folder; pictures of an earlier run are drawn anew."""
    return _read(_parser(description))[0]


def output_folder_and_photo(description: str | None) -> tuple[Path, np.ndarray | None]:
    """The same with ``--image FILE``: the picture as bytes ``(H, W, 3)``, None without the option."""
    parser = _parser(description)
    own_picture.add_option(parser, own_picture.read, "a picture of your own in place of the drawn one")
    return _read(parser)


def _parser(description: str | None) -> command_line.Parser:
    default = Path("runs/tutorials") / Path(sys.argv[0]).stem
    parser = command_line.Parser(description)
    parser.add_argument("--out", type=command_line.folder, default=default, help="folder for the pictures, drawn anew")
    return parser


def _read(parser: command_line.Parser) -> tuple[Path, np.ndarray | None]:
    args = parser.parse_args(namespace=argparse.Namespace(overwrite=True, image=None))
    command_line.claim_out(parser, args, [])
    command_line.write_plots_in_the_language()
    return args.out, args.image


def save(figure: Figure, path: Path) -> None:
    """Write a figure and say so."""
    figure.savefig(path, dpi=100)
    plt.close(figure)
    print(say("drawn: {path}", path=path))


def show_maps(
    maps: Sequence[np.ndarray], titles: Sequence[str], path: Path, columns: int = 2, most: float | None = None
) -> None:
    """Draw pictures of one channel each, ``(H, W)``, with titles; white is the largest value of each, or `most`."""
    rows = -(-len(maps) // columns)
    height, width = maps[0].shape
    size = (12, 0.4 + rows * (12 / columns * height / width + 0.45))
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")
    for axis in axes.flat:
        axis.axis(False)
    for axis, image, title in zip(axes.flat, maps, titles):
        axis.imshow(image, cmap="gray", vmax=most)
        axis.set_title(title)
    save(figure, path)


def plot_channels(array: np.ndarray, path: Path) -> None:
    """Draw each channel of ``(H, W, C)`` beside the others."""
    channels = array.shape[2]
    titles = [say("channel {i}", i=i) for i in range(channels)]
    show_maps([array[:, :, i] for i in range(channels)], titles, path, columns=channels)


def show_tables(tables: Sequence[np.ndarray], titles: Sequence[str], path: Path) -> None:
    """Draw small matrices side by side with their numbers written in the cells."""
    widths = [max(table.shape[1], 2.5) for table in tables]
    size = (0.62 * sum(widths) + 1, 0.62 * max(table.shape[0] for table in tables) + 0.9)
    figure, axes = plt.subplots(1, len(tables), figsize=size, width_ratios=widths, layout="constrained")
    for axis, table, title in zip(axes, tables, titles):
        axis.imshow(table, cmap="Blues", vmax=table.max() * 1.6 + 1)
        for (row, column), value in np.ndenumerate(table):
            axis.text(column, row, f"{value:g}", ha="center", va="center")
        axis.set_title(title, fontsize=10)
        axis.set(xticks=np.arange(-0.5, table.shape[1]), yticks=np.arange(-0.5, table.shape[0]))
        axis.grid(color="white", linewidth=1.5)
        axis.tick_params(length=0, labelbottom=False, labelleft=False)
    save(figure, path)
