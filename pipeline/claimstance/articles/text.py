"""Text that every later stage can hold."""

import re


def clean_text(text: str) -> str:
    """Make text that Arrow can hold: each lone surrogate and NUL becomes one U+FFFD, line ends become newlines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd")
    return re.sub(r"[\ud800-\udfff]", "\ufffd", text)
