-- Every case on one line as its outcome is pooled: how long the patient was followed, to what end, and why a case is left out of a curve.
create table case_outcome (
    -- The case: opens its page.
    case_id text primary key not null references patient_case (case_id) on delete cascade,
    -- The report that describes the patient.
    report_id text not null references report (report_id) on delete cascade,
    -- Group of tumours by the morphology code, as in case_overview.
    tumour_group text not null,
    -- Final diagnosis.
    histology text not null,
    -- Organ of the primary tumour with its ICD-O-3 topography group.
    site text not null,
    -- male, female or not reported.
    sex text not null,
    -- Age at presentation in years, in bands.
    age text not null check (age in ('under 18', '18 to 39', '40 to 59', '60 to 79', '80 and over', 'not reported')),
    -- Was the tumour operated on: yes, no or not reported.
    surgery text not null,
    -- Was radiotherapy given: yes, no or not reported.
    radiotherapy text not null,
    -- Decade of publication ("1990s").
    decade text not null,
    -- Months from time zero to death of any cause, or to last contact. NULL: left out, as death_of_any_cause says.
    survival_months real,
    -- What was at survival_months: died, or last seen alive.
    survival_end text check (survival_end in ('died', 'last seen alive')),
    -- counted in curves of death of any cause, or why not.
    death_of_any_cause text not null,
    -- Months from time zero to the first return of the tumour or death, or to last contact. NULL: left out, as return_or_death says.
    event_free_months real,
    -- What was at event_free_months: returned or died, or last seen alive without return.
    event_free_end text check (event_free_end in ('returned or died', 'last seen alive without return')),
    -- counted in curves of return of the tumour or death, or why not.
    return_or_death text not null,
    -- What the months are counted from: treatment (the first), diagnosis, presentation, or not reported.
    counted_from text not null,
    -- Is the follow-up a lower bound ("more than five years"): yes or no.
    is_minimum text not null check (is_minimum in ('yes', 'no')),
    check ((survival_months is null) = (death_of_any_cause <> 'counted') and (event_free_months is null) = (return_or_death <> 'counted'))
) strict, without rowid;

create index case_outcome_by_histology on case_outcome (histology);
create index case_outcome_by_site on case_outcome (site);
create index case_outcome_by_report on case_outcome (report_id);
create index case_outcome_choices on case_outcome (tumour_group, sex, age, surgery, radiotherapy, decade);
