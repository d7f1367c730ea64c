-- Radiotherapy courses as given: a row for each; a boost belongs to its course.
create table radiotherapy_course (
    -- The case.
    case_id text not null references patient_case (case_id) on delete cascade,
    -- Number of the course within the case, from 1.
    number integer not null check (number > 0),
    -- Total dose including the boost, in gray; RBE-weighted gray where is_rbe_weighted is 1.
    total_dose_gy real check (total_dose_gy > 0 and total_dose_gy < 200),
    -- Number of fractions.
    fractions integer check (fractions between 1 and 200),
    -- Dose of one fraction, in gray; RBE-weighted gray where is_rbe_weighted is 1.
    dose_per_fraction_gy real check (dose_per_fraction_gy > 0 and dose_per_fraction_gy < 200),
    -- 3D-CRT, IMRT, VMAT, SBRT, SRS, gamma knife, proton, carbon ion, neutron, brachytherapy, electron, EBRT ...
    technique text check (technique <> ''),
    -- What was irradiated, in words.
    target text check (target <> ''),
    -- What was irradiated: ICD-O-3 topography; of the tumour's bed, the primary site's.
    target_topography text check (target_topography glob 'C[0-9][0-9].[0-9]'),
    -- Why: neoadjuvant, adjuvant, definitive, palliative or salvage.
    intent text check (intent in ('neoadjuvant', 'adjuvant', 'definitive', 'palliative', 'salvage')),
    -- Drugs that were given together with it, comma-separated.
    concurrent_drugs text check (concurrent_drugs <> ''),
    -- Months from the operation or the diagnosis to radiotherapy, where the text says so plainly.
    months real check (months >= 0 and months < 1200),
    -- How long it took, in weeks.
    duration_weeks real check (duration_weeks > 0 and duration_weeks < 60),
    -- How many fractions a day (2: twice daily), where said.
    fractions_per_day integer check (fractions_per_day between 1 and 4),
    -- Dose rate of brachytherapy: HDR (high), LDR (low) or PDR (pulsed).
    dose_rate text check (dose_rate in ('HDR', 'LDR', 'PDR')),
    -- 1: the doses are Gy(RBE), not comparable with physical gray; 0: physical gray.
    is_rbe_weighted integer not null check (is_rbe_weighted in (0, 1)),
    -- Which of the numbers were computed from the others (n x d = D) and not read, comma-separated.
    computed text check (computed <> ''),
    -- 1: parts that are printed contradict each other (n x d is not D) and are kept as printed.
    is_contradictory integer not null check (is_contradictory in (0, 1)),
    primary key (case_id, number),
    check (dose_per_fraction_gy <= total_dose_gy + 0.01)
) strict, without rowid;
