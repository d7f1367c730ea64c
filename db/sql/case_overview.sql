-- Every case on one line. "Not reported" means that the report does not say, not that it was not so.
create table case_overview (
    -- The case: opens its page.
    case_id text primary key not null references patient_case (case_id) on delete cascade,
    -- Organ of the primary tumour with its ICD-O-3 topography group.
    site text not null,
    -- Final diagnosis.
    histology text not null,
    -- Group of tumours by the morphology code (db/tumour_groups.csv): sarcoma or soft tissue tumour, lymphoma ... Not reported without a code.
    tumour_group text not null,
    -- Behaviour by the morphology code: malignant, uncertain or borderline, in situ, or benign. Not reported without a code.
    behaviour text not null,
    -- male, female or not reported.
    sex text not null,
    -- Age at presentation, in years.
    age_years real,
    -- Was the tumour operated on: yes, no or not reported.
    surgery text not null,
    -- Was radiotherapy given: yes, no or not reported.
    radiotherapy text not null,
    -- Highest total dose of one course from outside, in physical gray. Other kinds of dose, which are not comparable, have columns of their own.
    max_dose_gy real,
    -- Fractions of the course with the highest dose: of one from outside in physical gray, else in Gy(RBE), else of particles, else of brachytherapy.
    fractions integer,
    -- Did the tumour return: yes, no or not reported.
    recurrence text not null,
    -- State at last follow-up, in words.
    status text not null,
    -- Follow-up in months (of 30.44 days).
    follow_up_months real,
    -- Markers with their results: + positive, - negative, ± equivocal, o other cells only.
    markers text,
    -- Systemic drugs given, comma-separated.
    drugs text,
    -- Highest total dose of one course, in RBE-weighted gray (protons, carbon ions), where so marked.
    max_dose_gy_rbe real,
    -- Highest total dose of one course of protons, ions or neutrons that is printed in plain gray: physical or weighted is not said.
    max_dose_gy_particles real,
    -- Highest total dose of one course of brachytherapy, in gray from within.
    max_dose_gy_brachytherapy real,
    -- Year of publication.
    year integer,
    -- Citation of the report.
    citation text,
    -- The report that describes the patient.
    report_id text not null references report (report_id) on delete cascade
) strict, without rowid;

-- An index a facet, which begins with it and holds what cases are narrowed by: values are counted in order, without a look at the rows.
create index case_overview_by_tumour_group on case_overview (
    tumour_group, behaviour, site, histology, sex, status, radiotherapy, recurrence,
    surgery, age_years, max_dose_gy, follow_up_months, year
);
create index case_overview_by_behaviour on case_overview (
    behaviour, tumour_group, site, histology, sex, status, radiotherapy, recurrence,
    surgery, age_years, max_dose_gy, follow_up_months, year
);
create index case_overview_by_site on case_overview (
    site, tumour_group, behaviour, histology, sex, status, radiotherapy, recurrence,
    surgery, age_years, max_dose_gy, follow_up_months, year
);
create index case_overview_by_histology on case_overview (
    histology, tumour_group, behaviour, site, sex, status, radiotherapy, recurrence,
    surgery, age_years, max_dose_gy, follow_up_months, year
);
create index case_overview_by_sex on case_overview (
    sex, tumour_group, behaviour, site, histology, status, radiotherapy, recurrence,
    surgery, age_years, max_dose_gy, follow_up_months, year
);
create index case_overview_by_status on case_overview (
    status, tumour_group, behaviour, site, histology, sex, radiotherapy, recurrence,
    surgery, age_years, max_dose_gy, follow_up_months, year
);
create index case_overview_by_radiotherapy on case_overview (
    radiotherapy, tumour_group, behaviour, site, histology, sex, status, recurrence,
    surgery, age_years, max_dose_gy, follow_up_months, year
);
create index case_overview_by_recurrence on case_overview (
    recurrence, tumour_group, behaviour, site, histology, sex, status, radiotherapy,
    surgery, age_years, max_dose_gy, follow_up_months, year
);
-- What questions on treatment group and narrow the cases by.
create index case_overview_by_surgery on case_overview (
    surgery, radiotherapy, recurrence, status, follow_up_months, tumour_group, histology, drugs
);
create index case_overview_by_report on case_overview (report_id);
