"""The fields of a record as readers see them: their names, their group on a page, values with units."""

from __future__ import annotations

from db.overview import NOT_REPORTED
from db.query import Row

# key, title, fields of the group in the order of the page
GROUPS = (
    ("patient", "Patient", ("age_years", "sex")),
    ("tumour", "Tumour", ("site", "size_cm", "metastases")),
    ("pathology", "Pathology", ("histology", "ihc", "ki67_percent", "molecular")),
    ("treatment", "Treatment", ("surgery", "surgeries", "radiotherapy_given", "radiotherapy", "drugs")),
    ("outcome", "Outcome", ("recurrence", "recurrence_months", "status", "follow_up_months", "events")),
)

LABELS = (
    ("age_years", "Age"),
    ("sex", "Sex"),
    ("site", "Site"),
    ("size_cm", "Size"),
    ("metastases", "Metastasis"),
    ("histology", "Diagnosis"),
    ("ihc", "Stain"),
    ("ki67_percent", "Ki-67"),
    ("molecular", "Molecular test"),
    ("surgery", "Surgery"),
    ("surgeries", "Operation"),
    ("radiotherapy_given", "Radiotherapy"),
    ("radiotherapy", "Radiotherapy course"),
    ("drugs", "Drug"),
    ("recurrence", "Recurrence"),
    ("recurrence_months", "Time to recurrence"),
    ("status", "Status"),
    ("follow_up_months", "Follow-up"),
    ("events", "Event"),
)

_GROUP_OF = {field: key for key, _, fields in GROUPS for field in fields}
_LABEL_OF = dict(LABELS)


def group_of(field: str) -> str:
    """Return the group of a field; `other` for a field that has none yet."""
    return _GROUP_OF.get(field, "other")


def label_of(field: str) -> str:
    """Return what readers call a field."""
    return _LABEL_OF.get(field, field.replace("_", " "))


def number(value: float | None) -> str:
    """Return a number without needless digits ("54", "0.67"); "not reported" for None."""
    return NOT_REPORTED if value is None else f"{round(value, 2):g}" if abs(value) < 1e5 else str(value)


def age(years: float) -> str:
    """Return an age in years, or in months below two years."""
    return f"{number(years)} years" if years >= 2 else f"{number(round(years * 12))} months"


def months(value: float, is_minimum: bool = False) -> str:
    """Return a duration in months, with years beside it from two years on."""
    words = f"{'at least ' if is_minimum else ''}{number(value)} {'month' if value == 1 else 'months'}"
    return f"{words} ({number(round(value / 12, 1))} years)" if value >= 24 else words


def dose(total: float | None, fractions: int | None, each: float | None, is_rbe_weighted: bool) -> str:
    """Return a dose as prescriptions are written: "54 Gy in 27 fractions of 2 Gy"."""
    unit = "Gy(RBE)" if is_rbe_weighted else "Gy"
    words = "dose not reported" if total is None else f"{number(total)} {unit}"
    if fractions is not None:
        words += f" in {fractions} {'fraction' if fractions == 1 else 'fractions'}"
    if each is not None and fractions != 1:
        words += f" of {number(each)} {unit}" if fractions is not None else f", {number(each)} {unit} a fraction"
    return words


def eqd2_of_tumour(row: Row) -> str:
    """Return the EQD2 for the alpha/beta of the tumour type, with that and a question mark where it is uncertain: "36 (α/β 0.4?)"."""
    doubt = "?" if row["alpha_beta_is_uncertain"] else ""
    return f"{number(row['eqd2_tumour_gy'])} (α/β {number(row['alpha_beta_tumour_gy'])}{doubt})"


_UNITS = (
    ("_gy_rbe", "Gy RBE"),
    ("_gy_particles", "Gy as printed, particles"),
    ("_gy_brachytherapy", "Gy, brachytherapy"),
    ("_gy", "Gy"),
    ("_months", "months"),
    ("_years", "years"),
    ("_cm", "cm"),
)
_SIGNS = (
    ("alpha_beta", "α/β"),
    ("eqd2", "EQD2"),
    ("bed_", "BED "),
    ("follow_up", "follow-up"),
    ("histologies", "diagnoses"),
    ("histology", "diagnosis"),
    ("tumour_group", "kind of tumour"),
    ("case_id", "case"),
    ("report_id", "report"),
)


def header(column: str) -> str:
    """Return a column's name as a heading, in the words of the pages: "max_dose_gy" to "max dose (Gy)", "histology" to "diagnosis"."""
    for ending, unit in _UNITS:
        if column.endswith(ending):
            named = column.removesuffix(ending)
            # A count of what is told in a unit has none itself: "with_dose_in_gy" is "with dose in Gy".
            return f"{_plain(named)} {unit}" if named.endswith("_in") else f"{_plain(named)} ({unit})"
    return _plain(column)


def _plain(name: str) -> str:
    """Return a name as words: "eqd2_alpha_beta_10" to "EQD2 α/β 10"."""
    for letters, sign in _SIGNS:
        name = name.replace(letters, sign)
    return name.replace("_", " ")
