"""Command lines that speak the language of the moment: argparse with its own words in English or Chinese."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from .errors import phrase
from .language import LANGUAGES, get_language

__all__ = ["DefaultsFormatter", "Formatter", "Parser", "split_language", "translated"]

# what argparse says of wrong arguments; the groups are the fields of the phrase
SAID = {
    r"argument (?P<name>[^:]+): (?P<message>.*)": "command.argument",
    r"the following arguments are required: (?P<names>.*)": "command.required",
    r"unrecognized arguments: (?P<names>.*)": "command.unrecognized",
    r"invalid choice: (?P<value>.*?)(?:, maybe you meant .*?)? \(choose from (?P<choices>.*)\)": "command.choice",
    r"invalid (?P<kind>\w+) value: (?P<value>.*)": "command.invalid",
    r"expected one argument": "command.one",
    r"expected at least one argument": "command.at_least_one",
    r"expected at most one argument": "command.at_most_one",
    r"expected (?P<count>\d+) arguments?": "command.several",
    r"not allowed with argument (?P<other>.*)": "command.not_allowed",
    r"one of the arguments (?P<names>.*) is required": "command.one_of",
    r"unknown parser (?P<value>.*) \(choices: (?P<choices>.*)\)": "command.choice",
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


class DefaultsFormatter(Formatter, argparse.ArgumentDefaultsHelpFormatter):
    """Adds each option's default, too."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        text = super()._get_help_string(action)
        return text and text.replace(" (default: %(default)s)", phrase("command.default"))


class Parser(argparse.ArgumentParser):
    """A command line whose titles and complaints are in the language of the moment in which they are told.

    Examples
    --------
    >>> from tinyconv.language import use_language
    >>> with use_language("zh"):
    ...     print(Parser(prog="slide", description="滑动窗口。").format_help())
    用法：slide [-h]
    <BLANKLINE>
    滑动窗口。
    <BLANKLINE>
    选项:
      -h, --help  显示这段帮助，然后退出
    <BLANKLINE>
    """

    def __init__(self, *, formatter_class: Any = Formatter, add_help: bool = True, **options: Any):
        super().__init__(formatter_class=formatter_class, add_help=add_help, **options)

    def format_help(self) -> str:
        """Write the help."""
        self._positionals.title, self._optionals.title = phrase("command.positional"), phrase("command.options")
        for action in self._actions:
            if action.dest == "help":
                action.help = phrase("command.help")
        return super().format_help()

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
    parser.add_language()
    found, rest = parser.parse_known_args(argv)
    return found.lang, rest
