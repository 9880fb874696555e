"""The tutorials' picture, drawn here so that no photo must be shipped: a house by a lake, 360 x 640 pixels.

It holds what filters react to: flat sky, vertical planks and fence posts, horizontal roof tiles and ripples, slanted
hills, a round sun, and the texture of leaves and grass.
"""

from __future__ import annotations

import numpy as np
from pictures import own_picture

HEIGHT, WIDTH = 360, 640


def rgb() -> np.ndarray:
    """Draw the picture: uint8, ``(360, 640, 3)``, the same at every call."""
    noise = np.random.default_rng(7)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    picture = np.empty((HEIGHT, WIDTH, 3))

    def paint(where: np.ndarray, color: tuple[float, float, float], light: np.ndarray | float = 1.0) -> None:
        picture[where] = (np.asarray(color) * np.broadcast_to(light, (HEIGHT, WIDTH))[..., None])[where]

    paint(y >= 0, (150, 190, 235), 0.8 + 0.2 * y / 200)  # sky
    paint((x - 520) ** 2 + (y - 70) ** 2 < 38**2, (255, 226, 130))  # sun
    paint(y > 150 + 30 * np.sin(x / 70) + 18 * np.sin(x / 31), (104, 126, 150))  # hills, far and near
    paint(y > 190 + 22 * np.sin(x / 90 + 2) + 6 * np.sin(x / 17), (78, 108, 84))
    ripples = 1 + 0.16 * np.sin(y * 1.1 + 0.8 * np.sin(x / 60))
    paint((y > 225) & (x > 330), (88, 130, 168), ripples)  # lake
    shore = 225 + (x - 330) ** 2 / 900
    grass = 1 + 0.12 * noise.standard_normal((HEIGHT, WIDTH))
    paint((y > 225) & ((x <= 330) | (y > shore + 55)), (96, 142, 70), grass)

    planks = np.where(x % 14 < 2, 0.72, 1.0)
    paint((x > 80) & (x < 250) & (y > 160) & (y < 280), (196, 150, 104), planks)  # house
    tiles = np.where(y % 9 < 2, 0.7, 1.0)
    paint((y > 95) & (y < 165) & (np.abs(x - 165) < (y - 95) * 1.6 + 4), (150, 62, 52), tiles)
    for left in (104, 188):
        window = (x > left) & (x < left + 38) & (y > 185) & (y < 225)
        paint(window, (50, 64, 92))
        paint(window & ((np.abs(x - left - 19) < 1.5) | (np.abs(y - 205) < 1.5)), (235, 235, 225))
    paint((x > 150) & (x < 178) & (y > 225) & (y < 280), (92, 58, 40))  # door

    paint((np.abs(x - 292) < 7) & (y > 190) & (y < 290), (92, 68, 48))  # tree
    leaves = 1 + 0.22 * noise.standard_normal((HEIGHT, WIDTH))
    paint((x - 292) ** 2 / 1.1 + (y - 150) ** 2 < 52**2, (54, 112, 52), leaves)

    posts = (x % 24 < 7) & (y > 285) & (y < 340)
    rails = ((np.abs(y - 300) < 3) | (np.abs(y - 326) < 3)) & (y > 285)
    paint((posts | rails) & (x < 420), (228, 222, 208))  # fence
    return np.clip(picture, 0, 255).round().astype(np.uint8)


def gray(picture: np.ndarray | None = None) -> np.ndarray:
    """Give a picture's brightness: float32, ``(H, W)``, 0 to 255, as the eye weighs red, green and blue.

    Without a picture ``(H, W, 3)``, that of the scene.
    """
    return own_picture.grey(rgb() if picture is None else picture)
