"""Datasette's mark for plugin functions, with types: `hookimpl` itself has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from datasette import hookimpl

Hook = TypeVar("Hook", bound=Callable[..., Any])


def hook(function: Hook) -> Hook:
    """Mark a function as a hook of Datasette; it stays as it is otherwise."""
    hookimpl(function)
    return function
