"""The fields, in the order in which they are read: later ones see what earlier ones found."""

from types import ModuleType

from extract.fields import age, histology, metastasis, sex, site, size

FIELDS: tuple[ModuleType, ...] = (age, sex, histology, metastasis, site, size)
