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


def first_hook(function: Hook) -> Hook:
    """Mark a function as a hook that Datasette calls before those of other plugins; what it wraps is wrapped by theirs."""
    hookimpl(tryfirst=True)(function)
    return function


def outer_hook(function: Hook) -> Hook:
    """Mark a generator as a hook around those of all plugins and of Datasette: it is sent their list, and returns what counts."""
    hookimpl(wrapper=True)(function)
    return function
