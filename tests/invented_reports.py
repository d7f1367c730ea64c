"""Invented case reports, as many as are wanted: each of another patient in other words, with what it says known."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.report_writers import Story

_SITES = {
    "right adrenal gland": "C74.9", "right lung": "C34.9", "stomach": "C16.9", "urinary bladder": "C67.9", "right breast": "C50.9", "left kidney": "C64.9",
    "pancreas": "C25.9", "larynx": "C32.9", "retroperitoneum": "C48.0", "right parotid gland": "C07.9",
}  # fmt: skip
_TUMOURS = (
    "leiomyosarcoma", "inflammatory myofibroblastic tumor", "angiosarcoma", "synovial sarcoma", "neuroendocrine carcinoma", "solitary fibrous tumor",
    "malignant melanoma", "carcinosarcoma", "myoepithelial carcinoma", "epithelioid sarcoma",
)  # fmt: skip
_MARKERS = ("SMA", "desmin", "CD34", "S-100", "ALK", "STAT6", "cytokeratin", "vimentin", "CD31", "synaptophysin", "HMB-45", "EMA")
_COMPLAINTS = (
    "a painless mass", "a swelling", "weight loss and fatigue", "cough at night", "bleeding", "dull pain on exertion", "fever of unknown origin",
    "numbness of two fingers", "early satiety", "hoarseness", "night sweats", "an incidental finding on ultrasound",
)  # fmt: skip
_WORKS = ("farmer", "teacher", "baker", "violinist", "carpenter", "nurse", "pilot", "gardener", "librarian", "sailor", "tailor", "welder")
_LOOKS = (
    "lobulated",
    "well circumscribed",
    "solid",
    "partly cystic",
    "heterogeneous",
    "hypervascular",
    "necrotic",
    "calcified",
    "ill defined",
)
_CELLS = ("spindle", "epithelioid", "round", "pleomorphic", "plump", "clear", "basaloid", "stellate")
_GROUND = ("myxoid", "collagenous", "oedematous", "hyalinised", "fibrous", "inflamed", "vascular", "scanty")
_PLACES = ("Lindau", "Porto Velho", "Kisumu", "Aarhus", "Matsue", "Valdivia", "Tartu", "Galway", "Split", "Hobart", "Pune", "Oulu")


@dataclass(frozen=True, slots=True)
class Known:
    """What an invented report says of its patient."""

    age_years: float
    sex: str
    topography: str
    total_dose_gy: float
    fractions: int
    follow_up_months: float


def invented(number: int) -> tuple[Story, Known]:
    """Return the invented report of this number and what it says. The same number gives the same report."""
    pick = random.Random(number)
    site, topography = pick.choice(sorted(_SITES.items()))
    tumour, work, place = pick.choice(_TUMOURS), pick.choice(_WORKS), pick.choice(_PLACES)
    sex, he = pick.choice((("man", "He"), ("woman", "She")))
    age, size, fractions, months = pick.randint(19, 88), pick.randint(11, 98) / 10, pick.randint(20, 35), pick.randint(3, 120)
    first, second, third = pick.sample(_MARKERS, 3)
    look, other_look = pick.sample(_LOOKS, 2)
    cell, ground = pick.choice(_CELLS), pick.choice(_GROUND)
    case = (
        f"A {age}-year-old {sex}, a {work} from {place}, presented with {pick.choice(_COMPLAINTS)} and {pick.choice(_COMPLAINTS)} for {pick.randint(2, 50)} weeks. "
        f"Computed tomography showed a {look}, {other_look} mass of {size} cm in the {site}; haemoglobin was {pick.randint(70, 160)} g/L and "
        f"creatinine {pick.randint(50, 130)} µmol/L."
    )
    pathology = (
        f"Under the microscope {cell} cells lay in a {ground} ground, with {pick.randint(1, 40)} mitoses in {pick.randint(10, 50)} fields. The tumor cells were "
        f"positive for {first} and {second}, and negative for {third}. The diagnosis was {tumour} of the {site}."
    )
    treatment = (
        f"{he} underwent resection of the {site} tumor {pick.randint(2, 9)} weeks later, and then received radiotherapy of {2 * fractions} Gy in {fractions} "
        f"fractions. The stay in {place} lasted {pick.randint(3, 30)} days."
    )
    outcome = f"After {months} months of follow-up, the {work} was alive without evidence of disease."
    # The words of no one: what tells reports apart whose patients are alike.
    remark = f"Clinic {number} of {place} keeps a register of {pick.choice(_LOOKS)} tumors since {pick.randint(1950, 2010)}."
    parts = (("Case presentation", (case,)), ("Pathology", (pathology,)), ("Treatment", (treatment,)), ("Follow-up", (outcome, remark)))
    title = f"{tumour[0].upper()}{tumour[1:]} of the {site} in a {work} from {place}"
    about = {"doi": f"10.5555/invented.{number}", "year": 1990 + number % 30, "journal": "Journal of Invented Cases"}
    known = Known(float(age), "male" if sex == "man" else "female", topography, 2.0 * fractions, fractions, float(months))
    return Story(f"invented-{number}", title, about, parts), known
