"""The fields, in the order in which they are read: later ones see what earlier ones found."""

from types import ModuleType

from extract.fields import (
    age,
    drugs,
    follow_up,
    histology,
    ihc,
    ki67,
    lesions,
    metastasis,
    molecular,
    radiotherapy,
    recurrence,
    sex,
    site,
    size,
    status,
    surgery,
)

FIELDS: tuple[ModuleType, ...] = (
    *(age, sex, histology, metastasis, site, lesions, size),
    *(ihc, ki67, molecular),
    *(surgery, radiotherapy, drugs),
    *(recurrence, status, follow_up),
)
