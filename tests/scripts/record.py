"""Write what the scripts print with PyTorch: ``python -m tests.scripts.record`` with PyTorch 2.13 installed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SCRIPTS = [
    "sgd_by_hand", "two_layers_by_hand", "own_function", "mnist_like", "vae", "dcgan", "resnet", "samplers",
    "checkpoint", "blitz", "quickstart", "polynomials", "what_is_nn", "two_layer_net", "textbook",
    "from_the_foundations", "pairs_and_codes", "blocks", "transfer", "tricks", "looking_inside", "quiz", "feeding",
    "makemore", "attention", "derivatives", "words", "spatial_transformer", "digits", "looks_and_losses",
    "small_examples", "foundations_again",
]  # fmt: skip


def main() -> None:
    texts = {}
    for name in SCRIPTS:
        run = subprocess.run([sys.executable, HERE / f"{name}.py"], capture_output=True, text=True, check=True)
        texts[name] = run.stdout.splitlines()
    (HERE / "recorded.json").write_text(json.dumps(texts, indent=1) + "\n")


if __name__ == "__main__":
    main()
