-- Doses side by side: a row for each course of a case and each dose group of a literature table. Physical gray from outside, Gy(RBE), particles in plain gray and brachytherapy stand in columns of their own. sum(n_counted) counts each patient once. BED and EQD2 by the linear-quadratic model know nothing of overall time, volume or drugs.
create table radiotherapy_dose (
    -- Name of the row: the case and the number of its course ("imt-lung/1:1"), or the table, the printed row and its dose group ("imt_radiotherapy:9.1").
    dose_id text primary key not null check (dose_id <> ''),
    -- Where it comes from: case (a report) or table (a row of a literature table).
    origin text not null check (origin in ('case', 'table')),
    -- The case, where it comes from one.
    case_id text references patient_case (case_id) on delete cascade,
    -- Number of the course within the case.
    course_number integer,
    -- The literature table, where it comes from one.
    dose_table_id text references dose_table (dose_table_id) on delete cascade,
    -- Number of the printed row.
    row_number integer,
    -- Number of the dose group within the printed row.
    dose_group integer,
    -- The case under which this patient is counted already; NULL: counted here, see n_counted. See the table same_patient for why.
    counted_as text references patient_case (case_id) on delete set null,
    -- Citation of the report; of a row of a table, the reference as printed and the publication that prints the table.
    citation text,
    -- Year of publication; of a row of a table, the year in its reference.
    year integer,
    -- Number of patients who had this dose; of a row of a table that has one dose, all its patients where no number is told for it.
    n_patients integer check (n_patients > 0),
    -- The patients that this row adds to a sum: n_patients; 0 where another row counts them already (a later course of the case, a patient whom a table and a report tell of). NULL: their number is not told.
    n_counted integer check (n_counted >= 0),
    -- Age of a single patient, in years.
    age_years real,
    -- Lowest age of several patients, in years.
    age_min_years real,
    -- Highest age of several patients, in years.
    age_max_years real,
    -- male, female, both with their numbers, or not reported.
    sex text not null,
    -- Organ of the primary tumour with its ICD-O-3 topography group, or not reported.
    site text not null,
    -- Diagnosis, or not reported.
    histology text not null,
    -- What was irradiated, in words, which may be a metastasis; NULL: not told, and of tables, which give the site of the tumour.
    target text check (target <> ''),
    -- Why: neoadjuvant, adjuvant, definitive, palliative or salvage; NULL: not told, and of tables.
    intent text,
    -- Kind of dose: external (gray from outside), rbe_weighted (Gy(RBE)), particles_in_gy (protons, ions or neutrons printed in plain Gy: physical or weighted is not said) or brachytherapy (gray from within). Not comparable with each other.
    kind text not null check (kind in ('external', 'rbe_weighted', 'particles_in_gy', 'brachytherapy')),
    -- Unit as the source gives it: Gy or Gy(RBE).
    unit text not null check (unit in ('Gy', 'Gy(RBE)')),
    -- How it was given: IMRT, SBRT, proton, brachytherapy ...
    technique text,
    -- Total dose from outside, in physical gray.
    total_dose_gy real check (total_dose_gy > 0),
    -- Number of fractions.
    fractions integer check (fractions > 0),
    -- Dose of one fraction from outside, in gray.
    dose_per_fraction_gy real check (dose_per_fraction_gy > 0),
    -- EQD2 (dose in fractions of 2 Gy with the same effect) for alpha/beta 10 Gy, in gray. NULL: see not_comparable_because.
    eqd2_alpha_beta_10_gy real check (eqd2_alpha_beta_10_gy > 0),
    -- EQD2 for alpha/beta 3 Gy, in gray.
    eqd2_alpha_beta_3_gy real check (eqd2_alpha_beta_3_gy > 0),
    -- EQD2 for the alpha/beta of the tumour type (alpha_beta_tumour_gy), in gray; NULL where there is none in the literature.
    eqd2_tumour_gy real check (eqd2_tumour_gy > 0),
    -- alpha/beta of the tumour type, in gray: one published estimate.
    alpha_beta_tumour_gy real check (alpha_beta_tumour_gy > 0),
    -- Lower limit of its 95% confidence interval, in gray; as published, also below 0. NULL: none given.
    alpha_beta_low_gy real,
    -- Upper limit of its 95% confidence interval, in gray. NULL: none given.
    alpha_beta_high_gy real,
    -- 1: the interval reaches 0 or is not given, so that the value says little more than "small"; 0: it does not.
    alpha_beta_is_uncertain integer check (alpha_beta_is_uncertain in (0, 1)),
    -- Where the alpha/beta is published.
    alpha_beta_source text,
    -- BED (biologically effective dose) for alpha/beta 10 Gy, in gray.
    bed_alpha_beta_10_gy real check (bed_alpha_beta_10_gy > 0),
    -- BED for alpha/beta 3 Gy, in gray.
    bed_alpha_beta_3_gy real check (bed_alpha_beta_3_gy > 0),
    -- BED for the alpha/beta of the tumour type, in gray.
    bed_tumour_gy real check (bed_tumour_gy > 0),
    -- Total dose in Gy(RBE).
    total_dose_gy_rbe real check (total_dose_gy_rbe > 0),
    -- Dose of one fraction in Gy(RBE).
    dose_per_fraction_gy_rbe real check (dose_per_fraction_gy_rbe > 0),
    -- EQD2 for alpha/beta 10 Gy in Gy(RBE); of protons only.
    eqd2_alpha_beta_10_gy_rbe real check (eqd2_alpha_beta_10_gy_rbe > 0),
    -- EQD2 for alpha/beta 3 Gy in Gy(RBE); of protons only.
    eqd2_alpha_beta_3_gy_rbe real check (eqd2_alpha_beta_3_gy_rbe > 0),
    -- BED for alpha/beta 10 Gy in Gy(RBE); of protons only.
    bed_alpha_beta_10_gy_rbe real check (bed_alpha_beta_10_gy_rbe > 0),
    -- BED for alpha/beta 3 Gy in Gy(RBE); of protons only.
    bed_alpha_beta_3_gy_rbe real check (bed_alpha_beta_3_gy_rbe > 0),
    -- Total dose of protons, ions or neutrons as printed in plain gray; it may mean Gy(RBE).
    total_dose_gy_particles real check (total_dose_gy_particles > 0),
    -- Dose of one fraction of protons, ions or neutrons as printed in plain gray.
    dose_per_fraction_gy_particles real check (dose_per_fraction_gy_particles > 0),
    -- Total dose of brachytherapy, in gray.
    total_dose_gy_brachytherapy real check (total_dose_gy_brachytherapy > 0),
    -- Dose of one fraction of brachytherapy, in gray.
    dose_per_fraction_gy_brachytherapy real check (dose_per_fraction_gy_brachytherapy > 0),
    -- EQD2 of brachytherapy for alpha/beta 10 Gy, in gray; of high dose rate only.
    eqd2_alpha_beta_10_gy_brachytherapy real check (eqd2_alpha_beta_10_gy_brachytherapy > 0),
    -- EQD2 of brachytherapy for alpha/beta 3 Gy, in gray; of high dose rate only.
    eqd2_alpha_beta_3_gy_brachytherapy real check (eqd2_alpha_beta_3_gy_brachytherapy > 0),
    -- BED of brachytherapy for alpha/beta 10 Gy in gray; of high dose rate only.
    bed_alpha_beta_10_gy_brachytherapy real check (bed_alpha_beta_10_gy_brachytherapy > 0),
    -- BED of brachytherapy for alpha/beta 3 Gy in gray; of high dose rate only.
    bed_alpha_beta_3_gy_brachytherapy real check (bed_alpha_beta_3_gy_brachytherapy > 0),
    -- Why there is no BED or EQD2: no_dose, fractions_unknown, contradictory (n x d is not D), rbe_unclear (ions or neutrons whose weighting is not said or not that of protons), dose_rate_unknown or low_dose_rate (brachytherapy, also pulsed). NULL: there is one.
    not_comparable_because text check (not_comparable_because in ('no_dose', 'fractions_unknown', 'contradictory', 'rbe_unclear', 'dose_rate_unknown', 'low_dose_rate')),
    -- 1: a fraction above 10 Gy, beyond what the linear-quadratic model is validated for (Brenner 2008, doi 10.1016/j.semradonc.2008.04.004); 0: none. NULL: fractions unknown.
    is_beyond_model integer check (is_beyond_model in (0, 1)),
    -- Best response, as a literature table gives it: CR, PR, SD or PD. Of cases NULL: their reports are not read for it.
    response text check (response in ('CR', 'PR', 'SD', 'PD')),
    -- Did the tumour return, in one patient at least: yes, no or not reported.
    recurrence text not null,
    -- How many of several patients had a recurrence.
    n_recurred integer check (n_recurred >= 0),
    -- Months to the recurrence.
    recurrence_months real check (recurrence_months >= 0),
    -- State at last follow-up, in words.
    status text not null,
    -- Follow-up in months: of a case from its first treatment, not from this course; of a table as it counts.
    follow_up_months real check (follow_up_months >= 0),
    -- 1: the follow-up is a lower bound.
    follow_up_is_minimum integer check (follow_up_is_minimum in (0, 1)),
    -- recurrence, status and follow-up in one word: free (no recurrence, or alive without disease), recurrence (or alive with disease), died_of_disease, died_otherwise (of another or an untold cause), not_told.
    outcome text not null check (outcome in ('free', 'recurrence', 'died_of_disease', 'died_otherwise', 'not_told')),
    -- What is doubtful: what was computed, contradicts itself or was corrected, with the reason.
    flags text check (flags <> ''),
    check ((origin = 'case') = (case_id is not null)),
    check ((origin = 'table') = (dose_table_id is not null))
) strict, without rowid;

-- Covers the facets, and the choices of the page of doses.
create index radiotherapy_dose_facets on radiotherapy_dose (histology, site, origin, kind, outcome, counted_as);
create index radiotherapy_dose_by_case on radiotherapy_dose (case_id);
create index radiotherapy_dose_by_table on radiotherapy_dose (dose_table_id);
create index radiotherapy_dose_by_counted_as on radiotherapy_dose (counted_as);
