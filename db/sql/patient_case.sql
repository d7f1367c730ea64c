-- A patient of the authors: one row a patient. NULL means that the report does not say; 0 means "said not to be".
create table patient_case (
    -- The case's name: the report's name, a slash, and the patient's label ("imt-lung/1").
    case_id text primary key not null check (case_id = report_id || '/' || label),
    -- The report that describes the patient.
    report_id text not null references report (report_id) on delete cascade,
    -- The patient's label within the report, in the order of the text: "1", "2" ...
    label text not null check (label <> ''),
    -- Age at diagnosis or presentation of the index disease, in years; months are a fraction (8 months: 0.67).
    age_years real check (age_years between 0 and 120),
    -- male or female.
    sex text check (sex in ('male', 'female')),
    -- Site of the primary tumour, in words.
    site_name text check (site_name <> ''),
    -- Site of the primary tumour, ICD-O-3 topography with the decimal where known ("C34.1").
    topography text check (topography glob 'C[0-8][0-9]' or topography glob 'C[0-8][0-9].[0-9]'),
    -- left, right, bilateral or midline.
    laterality text check (laterality in ('left', 'right', 'bilateral', 'midline')),
    -- Final diagnosis of the index tumour, by its usual name.
    histology_name text check (histology_name <> ''),
    -- Final diagnosis, ICD-O-3 morphology with behaviour ("8825/1"); NULL for what is no neoplasm.
    morphology text check (morphology glob '[89][0-9][0-9][0-9]/[012369]'),
    -- Grade of the tumour as the report gives it.
    grade text check (grade <> ''),
    -- Largest dimension of the primary tumour as first measured, in centimetres.
    size_cm real check (size_cm > 0 and size_cm < 100),
    -- Ki-67 proliferation index, percent of tumour cells; the upper bound of a range.
    ki67_percent real check (ki67_percent between 0 and 100),
    -- 1: the tumour was operated on; 0: the report says that it was not. A mere biopsy is no surgery.
    surgery integer check (surgery in (0, 1)),
    -- 1: radiotherapy was given; 0: the report says that it was not (refused, not indicated).
    radiotherapy_given integer check (radiotherapy_given in (0, 1)),
    -- 1: the tumour returned after treatment, locally or elsewhere; 0: the report says that it did not.
    recurrence integer check (recurrence in (0, 1)),
    -- Months (of 30.44 days) from the first treatment to the first recurrence.
    recurrence_months real check (recurrence_months >= 0 and recurrence_months < 1200),
    -- At last follow-up: NED alive without disease, AWD alive with disease, ALIVE (disease unsaid), DOD died of disease, DOC died of another cause, DEAD (cause unsaid), LTFU lost to follow-up.
    status text check (status in ('NED', 'AWD', 'ALIVE', 'DOD', 'DOC', 'DEAD', 'LTFU')),
    -- Months (of 30.44 days) from the first treatment, or the diagnosis if untreated, to last contact or death.
    follow_up_months real check (follow_up_months >= 0 and follow_up_months < 1200),
    -- 1: the follow-up is a lower bound ("more than 5 years").
    follow_up_is_minimum integer check (follow_up_is_minimum in (0, 1)),
    -- What the months of the course are counted from: the first treatment, else the diagnosis, else the presentation.
    time_zero text check (time_zero in ('treatment', 'diagnosis', 'presentation')),
    -- Kaplan-Meier, death of any cause: months from time zero to death or last contact. NULL: not to be pooled.
    survival_months real check (survival_months >= 0 and survival_months < 1200),
    -- Kaplan-Meier, death of any cause: 1 died at survival_months; 0 censored there (alive, or lost to follow-up).
    survival_event integer check (survival_event in (0, 1)),
    -- Kaplan-Meier, return of the tumour or death: months from time zero to the first of them, or to last contact.
    event_free_months real check (event_free_months >= 0 and event_free_months < 1200),
    -- Kaplan-Meier, return of the tumour or death: 1 one of them happened at event_free_months; 0 censored there.
    event_free_event integer check (event_free_event in (0, 1)),
    -- Why the case cannot be pooled: no_time (no follow-up told), no_status (no state at its end), time_origin_unclear (counted from a later event of unknown time). NULL where survival_months is given.
    not_pooled_because text check (not_pooled_because in ('no_time', 'no_status', 'time_origin_unclear')),
    unique (report_id, label)
) strict, without rowid;

-- The neighbours of a case among those of its diagnosis, in the order of their names.
create index patient_case_by_histology on patient_case (histology_name, case_id);
