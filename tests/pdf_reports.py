"""An invented case report, as the blocks that `tests.pdf_writer.write_pdf` typesets, and its words."""

from __future__ import annotations

from tests.pdf_writer import Block

TITLE = "Epithelioid inflammatory tumour of the mesentery in a lighthouse keeper: report of a case"
FIGURE = (
    "Figure 1. Contrast-enhanced computed tomography. A lobulated mass of the small bowel mesentery with two flecks of calcium; "
    "the superior mesenteric vein is displaced and not invaded."
)
TABLE = [
    ["Drug", "Dose", "Cycles"],
    ["Doxorubicin", "75 mg/m2", "4"],
    ["Crizotinib", "500 mg/d", "12"],
]

ABSTRACT = (
    "Epithelioid inflammatory tumours of the mesentery are seldom seen in adults. We describe a keeper of a lighthouse, aged 47 years, whose "
    "tumour was positive for ALK with a nuclear membrane pattern and recurred twice within 19 months of a complete resection. A kinase inhibitor "
    "brought a partial response that has lasted for more than a year."
)

CASE = (
    "A 47-year-old man, the keeper of a lighthouse, came to the emergency department with colicky pain of the abdomen for three weeks, night sweats "
    "and a loss of 6.5 kg in two months. He had smoked ten cigarettes a day until the age of 40 and took ramipril 5 mg daily for hypertension. His "
    "mother had died of carcinoma of the colon at 71 years; no other relative had had a malignant disease. He had never been exposed to asbestos or "
    "to ionising radiation.",
    "On examination the temperature was 38.4 °C, the pulse 96 per minute and the blood pressure 135/80 mmHg. A firm, mobile mass of about 10 cm was "
    "felt below the umbilicus. There were no enlarged lymph nodes, and the testes were normal. The haemoglobin was 9.8 g/dL, the white cell count "
    "14.2 × 10^{9}/L with 82% neutrophils, the platelet count 612 × 10^{9}/L and the C-reactive protein 187 mg/L. Lactate dehydrogenase, "
    "α-fetoprotein and β-human chorionic gonadotropin were within normal limits (Table 1).",
    "Computed tomography showed a lobulated, heterogeneously enhancing mass of the small bowel mesentery that measured 11.2 × 8.7 × 6.4 cm "
    "(Figure 1). It displaced the superior mesenteric vein without narrowing it. Two nodules of 8 and 11 mm lay in the greater omentum; the liver, "
    "the lungs and the skeleton were free. Positron emission tomography with ^{18}F-fluorodeoxyglucose gave a maximum standardised uptake value "
    "of 14.6 for the mass and of 5.1 for the larger nodule. A core needle biopsy was taken under ultrasonographic guidance and was first read as "
    "an undifferentiated sarcoma.",
    "At laparotomy, four weeks after the first symptoms, the mass was found to arise from the mesentery of the ileum, 40 cm proximal to the valve. "
    "It was removed together with 55 cm of ileum, the greater omentum and both nodules. The margins were free of tumour by 4 mm at the nearest "
    "point (R0). Recovery was uneventful but for a superficial infection of the wound that was treated with flucloxacillin for 7 days, and the "
    "patient left the hospital on the ninth day.",
)

PATHOLOGY = (
    "The specimen contained a multinodular, fleshy and focally myxoid tumour with areas of haemorrhage and of necrosis (less than 10% of the "
    "surface). Under the microscope there were sheets of plump, round to epithelioid cells with vesicular nuclei, large nucleoli and amphophilic "
    "cytoplasm in a myxoid stroma that was rich in neutrophils and poor in plasma cells. There were 7 mitoses in 10 high-power fields, some of "
    "them atypical. Of 14 lymph nodes none was involved.",
    "Immunohistochemistry: the tumour cells were positive for ALK (nuclear membrane staining), desmin (+++), vimentin (+) and CD30 (weak, 20% of "
    "cells); smooth muscle actin was focally positive. They were negative for S-100 (−), CD34 (−), CD117, DOG1, cytokeratin AE1/AE3, EMA, "
    "myogenin, MDM2, HMB-45 and SOX10. β-Catenin was confined to the membrane. The Ki-67 index was ≥ 35% in the most active fields. INI1 was "
    "retained. Fluorescence in situ hybridisation with a break-apart probe revealed a rearrangement of ALK at 2p23 in 78% of 200 nuclei, and "
    "sequencing of RNA found a fusion of RANBP2 (exon 18) with ALK (exon 20).^{3,4}",
)

TREATMENT = (
    "The case was discussed by the multidisciplinary board of our hospital. Adjuvant chemotherapy was proposed because of the omental nodules, and "
    "four cycles of doxorubicin (75 mg/m^{2} every 21 days) were given; the fifth was withheld when the left ventricular ejection fraction fell "
    "from 62% to 48%. Seven months after the operation, magnetic resonance imaging disclosed three peritoneal deposits of up to 2.3 cm. Crizotinib "
    "was started at 250 mg twice daily. After eight weeks the sum of the diameters had fallen by 46%, a partial response; grade 2 diarrhoea and "
    "flashes of light at the edge of the visual field were the only adverse effects.",
    "At 19 months two deposits grew again and a new one of 1.4 cm appeared in the right paracolic gutter. The patient declined a further operation. "
    "Conformal radiotherapy of the paracolic deposit (30 Gy in 10 fractions of 3 Gy) relieved his pain, and crizotinib was replaced by lorlatinib, "
    "100 mg once daily. Hypercholesterolaemia required atorvastatin, 40 mg.",
)

FOLLOW_UP = (
    "Thirteen months later — that is, 32 months after the diagnosis — all deposits have shrunk to less than 10 mm, the C-reactive protein is "
    "3 mg/L, and the patient has gone back to his lighthouse for half of each month. Imaging is repeated every 12 weeks. He is alive with disease "
    "and in good general condition.",
)

DISCUSSION = (
    "Inflammatory tumours with myofibroblasts may arise at almost any site, but the epithelioid variant has a predilection for the mesentery and "
    "the omentum and for men.^{5} Its course is more aggressive than that of the conventional form: of the patients described so far, more than "
    "one half had a recurrence within a year, and about a third died of the disease.^{6–8} In the differential diagnosis one has to consider "
    "anaplastic large cell lymphoma, dedifferentiated liposarcoma, gastrointestinal stromal tumour and melanoma; a panel of antibodies and the "
    "search for a rearrangement usually lead to the right diagnosis.",
    "The nuclear membrane pattern of ALK is explained by the fusion partner, a protein of the nuclear pore. Whether the partner influences the "
    "response to inhibitors is not known. Our patient responded to a first inhibitor for less than a year and then to one of the third generation; "
    "resistance by a second mutation could not be shown since no further biopsy was taken, which is a limitation of this report. We would not "
    "offer anthracyclines to a similar patient again, for the benefit was short and the heart paid for it.",
    "In conclusion, an epithelioid neoplasm of the abdomen with many neutrophils should be stained for ALK, whatever the age of the patient, because "
    "the result opens a treatment that is neither surgery nor chemotherapy. Follow-up has to be close, with imaging at intervals of no more than "
    "3 months, and late recurrences — after 5 years and more — have to be expected.",
)  # fmt: skip

REFERENCES = (
    "1. Doe J, Roe R. A mass of the mesentery. J Invented Med 2011;12:34-39.",
    "2. Moe M. Keepers and their diseases. Ann Invented Surg 2014;5:101-110.",
)


def blocks() -> list[Block]:
    """The report in the order of its words; its table and figure stand in the midst of the case."""
    found: list[Block] = [("title", TITLE), ("authors", "Ana Silva, Bruno Costa"), ("authors", "Hospital of Inventions, Lisbon, Portugal")]
    found += [("heading", "Abstract"), ("paragraph", ABSTRACT)]
    found += [("heading", "Case presentation"), *(("paragraph", words) for words in CASE)]
    found += [("caption", FIGURE), ("caption", "Table 1. Drugs"), ("table", TABLE)]
    found += [("heading", "Pathology"), *(("paragraph", words) for words in PATHOLOGY)]
    found += [("heading", "Treatment"), *(("paragraph", words) for words in TREATMENT)]
    found += [("heading", "Follow-up"), *(("paragraph", words) for words in FOLLOW_UP)]
    found += [("heading", "Discussion"), *(("paragraph", words) for words in DISCUSSION)]
    found += [("heading", "References"), *(("small", words) for words in REFERENCES)]
    return found


def text() -> str:
    """The words that a reader of the report has to give, in any format."""
    rows = [" | ".join(row) for row in TABLE]
    parts = [
        TITLE, "Abstract", ABSTRACT, "Case presentation", *CASE, FIGURE, "\n".join(["Table 1. Drugs", *rows]), "Pathology", *PATHOLOGY, "Treatment",
        *TREATMENT, "Follow-up", *FOLLOW_UP, "Discussion", *DISCUSSION,
    ]  # fmt: skip
    whole = "\n\n".join(parts)
    for raised, plain in (
        ("10^{9}", "10⁹"),
        ("^{18}", "18"),
        ("m^{2}", "m²"),
        ("^{3,4}", " [3,4]"),
        ("^{5}", " [5]"),
        ("^{6–8}", " [6–8]"),
    ):
        whole = whole.replace(raised, plain)
    return whole
