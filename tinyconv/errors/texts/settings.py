"""Settings of the whole program: the language of errors, the number of threads."""

from .text import Text

TEXTS = {
    # in both languages at once: whoever asks for a third one need not read the one in use
    "language.unknown": Text(
        ValueError,
        en="language={language!r} is not available; use one of {known} / 没有这种语言，请用 {known} 之一",
        zh="没有 language={language!r} 这种语言，请用 {known} 之一 / not available; use one of {known}",
    ),
    "threads.count": Text(
        ValueError,
        en="expected a positive integer, got {threads!r}",
        zh="应当是正整数，得到的是 {threads!r}",
    ),
}
