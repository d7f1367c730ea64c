"""What pages say of an answer to their form that is none of the words to choose from."""

from __future__ import annotations

# A stranger may write anything into an address; so many characters tell what was meant.
LONGEST = 80


def quoted(answer: str) -> str:
    """Return the beginning of an answer, between quotation marks."""
    return f"“{answer[:LONGEST]}”"


def not_here(what: str, answer: str, shown: str) -> str:
    """Return the sentence that an answer is not known, and what is shown in its place: "No outcome here is called “zebra”; ..."."""
    return f"No {what} here is called {quoted(answer)}; shown: {shown}."
