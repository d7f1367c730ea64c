"""The names of the inputs that change a value, of all fields."""

from __future__ import annotations

from db.corrections.values import CASE, FIELDS
from db.review import forms

NAMES = tuple(dict.fromkeys(part.name for field in FIELDS if field != CASE for part in forms.parts(field, None)))
