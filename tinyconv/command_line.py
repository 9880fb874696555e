"""Command lines that speak the language of the moment: argparse with its own words in English or Chinese."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from .errors import phrase
from .language import LANGUAGES, get_language

__all__ = ["Formatter", "Parser", "split_language", "translated"]

# what argparse says of wrong arguments; the groups are the fields of the phrase
SAID = {
    r"argument (?P<name>[^:]+): (?P<message>.*)": "command.argument",
    r"the following arguments are required: (?P<names>.*)": "command.required",
    r"unrecognized arguments: (?P<names>.*)": "command.unrecognized",
    r"invalid choice: (?P<value>.*?) \(choose from (?P<choices>.*)\)": "command.choice",
    r"invalid (?P<kind>\w+) value: (?P<value>.*)": "command.invalid",
    r"expected one argument": "command.one",
    r"expected at least one argument": "command.at_least_one",
    r"ignored explicit argument (?P<value>.*)": "command.explicit",
    r"ambiguous option: (?P<option>.*) could match (?P<matches>.*)": "command.ambiguous",
}


def translated(message: str) -> str:
    """Say a complaint of argparse's in the language of the moment.

    Examples
    --------
    >>> from tinyconv.language import use_language
    >>> with use_language("zh"):
    ...     translated("argument --kernel: expected one argument")
    '参数 --kernel：后面要有一个值'
    """
    for pattern, name in SAID.items():
        found = re.fullmatch(pattern, message, re.DOTALL)
        if found:
            values = found.groupdict()
            if "message" in values:
                values["message"] = translated(values["message"])
            return phrase(name, **values)
    return message


class Formatter(argparse.HelpFormatter):
    """Writes "usage" in the language of the moment."""

    def add_usage(self, usage: Any, actions: Iterable[Any], groups: Iterable[Any], prefix: str | None = None) -> None:
        """Begin the help with the usage."""
        super().add_usage(usage, actions, groups, phrase("command.usage") if prefix is None else prefix)


class Parser(argparse.ArgumentParser):
    """A command line whose titles, help and complaints are in the language in which it was made.

    Examples
    --------
    >>> from tinyconv.language import use_language
    >>> with use_language("zh"):
    ...     parser = Parser(prog="slide", description="滑动窗口。")
    ...     print(parser.format_help())
    用法：slide [-h]
    <BLANKLINE>
    滑动窗口。
    <BLANKLINE>
    选项:
      -h, --help  显示这段帮助，然后退出
    <BLANKLINE>
    """

    def __init__(self, *args: Any, formatter_class: Any = Formatter, add_help: bool = True, **options: Any):
        super().__init__(*args, formatter_class=formatter_class, add_help=False, **options)
        self._positionals.title = phrase("command.positional")
        self._optionals.title = phrase("command.options")
        if add_help:
            self.add_argument("-h", "--help", action="help", default=argparse.SUPPRESS, help=phrase("command.help"))

    def add_language(self) -> None:
        """Add ``--lang`` to the help; :func:`split_language` has read it before."""
        self.add_argument("--lang", choices=LANGUAGES, default=get_language(), help=phrase("command.language"))

    def error(self, message: str) -> NoReturn:
        """End the program with the usage and what is wrong."""
        self.print_usage(sys.stderr)
        self.exit(2, phrase("command.error", prog=self.prog, message=translated(message)))


def split_language(argv: Sequence[str], prog: str) -> tuple[str, list[str]]:
    """Take ``--lang`` from the arguments: the language, by default that of the moment, and the other arguments.

    A parser's help is written when the parser is made, so the language is read before.

    Examples
    --------
    >>> split_language(["--lang", "zh", "conv"], "slide")
    ('zh', ['conv'])
    """
    parser = Parser(prog=prog, add_help=False, allow_abbrev=False)
    parser.add_argument("--lang", choices=LANGUAGES, default=get_language())
    found, rest = parser.parse_known_args(argv)
    return found.lang, rest
