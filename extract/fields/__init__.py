"""The fields, in the order in which they are read: later ones see what earlier ones found."""

from types import ModuleType

from extract.fields import age, follow_up, histology, ihc, ki67, metastasis, radiotherapy, recurrence, sex, site, size, status

FIELDS: tuple[ModuleType, ...] = (age, sex, histology, site, size, ihc, ki67, radiotherapy, metastasis, recurrence, status, follow_up)
