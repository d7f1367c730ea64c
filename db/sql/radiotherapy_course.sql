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
    -- 3D-CRT, IMRT, VMAT, SBRT, SRS, gamma knife, proton, carbon ion, brachytherapy, electron, EBRT ...
    technique text check (technique <> ''),
    -- What was irradiated, in words.
    target text check (target <> ''),
    -- Why: adjuvant, definitive, palliative ...
    intent text check (intent <> ''),
    -- 1: the doses are Gy(RBE), not comparable with physical gray; 0: physical gray.
    is_rbe_weighted integer not null check (is_rbe_weighted in (0, 1)),
    -- Which of the numbers were computed from the others (n x d = D) and not read, comma-separated.
    computed text check (computed <> ''),
    primary key (case_id, number),
    check (dose_per_fraction_gy <= total_dose_gy + 0.01)
) strict, without rowid;
