"""What all examples do at the command line: they refuse, before any training, and they end, with one line.

Importing it makes Ctrl-C end the script with a line in place of a traceback; so it is imported before what takes
long to import.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

# what mpiexec (MPICH's, Open MPI's, others') tells each of its processes; of many, the first alone speaks
RANKS = [os.environ[name] for name in ("PMI_RANK", "OMPI_COMM_WORLD_RANK", "PMIX_RANK") if name in os.environ]


def say_stopped(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print a line for Ctrl-C, and a traceback for everything else: the program's last words."""
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    elif RANKS[:1] in ([], ["0"]):
        told = globals().get("say", str)  # English, while this file is still being imported
        print("\n" + told("stopped by Ctrl-C"), file=sys.stderr)


sys.excepthook = say_stopped

from chinese import HELP, SAID, SYSTEM  # noqa: E402 - these too take long to import

from tinyconv import command_line, get_language, set_language  # noqa: E402

CHECKPOINT = "checkpoint.npz"


class Parser(command_line.Parser):
    """A command line whose refusals are one line, without the usage; ``--lang zh`` makes it Chinese."""

    def __init__(self, doc: str | None):
        first_line = (doc or "").partition("\n")[0]
        super().__init__(description=first_line, formatter_class=command_line.DefaultsFormatter)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """Read the language first, in which all that follows is told."""
        language, rest = command_line.split_language(sys.argv[1:] if args is None else args, self.prog)
        if language != get_language():
            set_language(language)
        self.add_language()
        return super().parse_args(rest, namespace)

    def format_help(self) -> str:
        """Write the help, in Chinese where that is the language."""
        if get_language() == "zh":
            self.description = HELP.get(self.description or "", self.description)
            for action in self._actions:
                action.help = HELP.get(action.help or "", action.help)
        return super().format_help()

    def error(self, message: str) -> Any:
        """End the program, saying what is wrong with the arguments."""
        told = command_line.translated(one_line(message))
        sys.exit(say("{prog}: {message} (--help lists the options)", prog=self.prog, message=told))


def say(text: str, /, **values: Any) -> str:
    """Give a sentence in the language of the moment, its values filled in; the Chinese ones stand in chinese.py."""
    return (SAID.get(text, text) if get_language() == "zh" else text).format_map(values)


def reason(error: Exception) -> str:
    """Give the reason of an error, where it is the computer's in the language of the moment."""
    told = getattr(error, "strerror", None) or str(error)
    return SYSTEM.get(told.partition(" (")[0], told) if get_language() == "zh" else told


def lacks(error: ImportError, text: str, how: str) -> NoReturn:
    """End a program that lacks a package; its text says `why` it cannot go on and `how` to install what it needs."""
    set_language(command_line.split_language(sys.argv[1:], Path(sys.argv[0]).name)[0])
    absent = isinstance(error, ModuleNotFoundError)
    why = say("No module named {name!r}", name=error.name) if absent else str(error)
    sys.exit(say(text, why=why, how=how))


def write_plots_in_the_language() -> None:
    """Give Matplotlib a font that has the characters of the language of the moment."""
    if get_language() == "zh":
        from tinyconv.explain.fonts import use_chinese_font

        use_chinese_font()


def one_line(text: object) -> str:
    """Give a text without its line breaks."""
    return " ".join(str(text).split())


# ------------------------------------------------------------------------------ kinds of arguments


def whole(least: int) -> Callable[[str], int]:
    """Give what reads a whole number of at least `least`."""

    def read(text: str) -> int:
        with contextlib.suppress(ValueError):
            if int(text) >= least:
                return int(text)
        raise argparse.ArgumentTypeError(say("{text!r} is not a whole number from {least} on", text=text, least=least))

    return read


positive, natural = whole(1), whole(0)


def real(fits: Callable[[float], bool], meaning: str) -> Callable[[str], float]:
    """Give what reads a number that fits."""

    def read(text: str) -> float:
        with contextlib.suppress(ValueError):
            if fits(float(text)):
                return float(text)
        raise argparse.ArgumentTypeError(say("{text!r} is not {meaning}", text=text, meaning=say(meaning)))

    return read


rate = real(lambda value: 0 < value < math.inf, "a number above 0")
spread = real(lambda value: 0 <= value < math.inf, "a number from 0 on")
share = real(lambda value: 0 <= value < 1, "a number from 0 to below 1")


def folder(text: str) -> Path:
    """Read the name of a folder."""
    if not text:
        raise argparse.ArgumentTypeError(say("the name is empty; give a folder"))
    return Path(text)


def device(text: str) -> str:
    """Read the name of a device that can be used here."""
    import tinyconv as tc

    try:
        tc.Device(text)
    except (ValueError, RuntimeError) as error:
        raise argparse.ArgumentTypeError(one_line(error)) from None
    return text


# ------------------------------------------------------------------------------ what a run reads and writes


def add_out(parser: Parser, default: str, content: str) -> None:
    """Add ``--out`` and ``--overwrite``."""
    parser.add_argument("--out", type=folder, default=Path(default), metavar="DIR", help=f"folder for {content}")
    parser.add_argument("--overwrite", action="store_true", help="replace what an earlier run left in --out")


def claim_out(parser: Parser, args: argparse.Namespace, names: Sequence[str], resume: bool | None = None) -> None:
    """Make the folder of ``--out``; refuse one that cannot be written, or that holds an earlier run's files.

    `resume` is what ``--resume`` says, None for a script without that option.
    """
    if resume and args.overwrite:
        parser.error(say("--resume goes on with the earlier run and --overwrite replaces it; choose one"))
    if resume and not (args.out / CHECKPOINT).exists():
        path = args.out / CHECKPOINT
        sys.exit(say("--resume: there is no {path}; run without --resume first, or set --out", path=path))
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=args.out):
            pass
    except OSError as error:
        told = say(
            "cannot write into {path!r}: {reason}; give another folder", path=str(args.out), reason=reason(error)
        )
        parser.error(f"argument --out: {told}")
    earlier = [name for name in names if (args.out / name).exists()]
    if earlier and not args.overwrite and not resume:
        ways = say("--overwrite replaces them, another --out keeps them")
        ways = ways if resume is None else say("--resume goes on with that run, {ways}", ways=ways)
        listed = ", ".join(earlier)
        parser.error(say("{out} holds {names} of an earlier run: {ways}", out=args.out, names=listed, ways=ways))


@contextlib.contextmanager
def reading_data(parser: Parser, args: argparse.Namespace) -> Iterator[None]:
    """Turn what is wrong with the files of ``--data`` or ``--download`` into a refusal."""
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:
        told = getattr(error, "refusal", None)
        if told is not None and told.name == "mnist.absent":
            lacking = say(
                "{folder} lacks MNIST's {split} {kind}; looked for {names}, also in raw/ and MNIST/raw/. "
                "Leave out --data for the digits that come with the package",
                **told.values,
            )
            parser.error(f"argument --data: {lacking}")
        why = error if told is not None else one_line(reason(error))
        parser.error(f"argument {'--data' if args.data else '--download'}: {why}")


@contextlib.contextmanager
def resuming(path: Path) -> Iterator[None]:
    """Turn what is wrong with a checkpoint into one line, whatever stands in it: the file may be anybody's."""
    try:
        yield
    except Exception as error:
        told = f"{type(error).__name__}: {one_line(error)}"
        text = "--resume: cannot go on from {path} ({told}); give another --out, or train anew with --overwrite"
        sys.exit(say(text, path=path, told=told))


def refuse_other_options(path: Path, config: dict[str, Any], args: argparse.Namespace) -> None:
    """End the program if the checkpoint's run had other options than this one."""
    changed = {name: value for name, value in config.items() if value != getattr(args, name)}
    if changed:
        text = "--resume: {path} was made with {changed}; give the same options, or another --out"
        sys.exit(say(text, path=path, changed=changed))


# ------------------------------------------------------------------------------ while it trains


def refuse_nonfinite(value: float, what: str, lr: float) -> None:
    """End the program if a number of the training is infinite or none: all that follows would be none too."""
    if not math.isfinite(value):
        sys.exit(diverged(value, what, lr))


def diverged(value: float, what: str, lr: float) -> str:
    """Say that training is lost, and what to try."""
    text = "{what} is {value}: training has diverged. Use a smaller --lr than {lr:g}"
    return say(text, what=what, value=value, lr=lr)


@contextlib.contextmanager
def ctrl_c() -> Iterator[Callable[[], bool]]:
    """Turn Ctrl-C into a question: the loop asks after each step, so it never stops in the middle of one.

    A second Ctrl-C stops at once.
    """
    pressed: list[int] = []

    def note(number: int, frame: Any) -> None:
        pressed.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    previous = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, previous)
