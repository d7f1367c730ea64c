-- Immunohistochemistry (and histochemical stains): a row for each marker and result on a case's index tumour.
create table ihc_result (
    -- The case.
    case_id text not null references patient_case (case_id) on delete cascade,
    -- Number of the result within the case, from 1.
    number integer not null check (number > 0),
    -- Common short name of the marker ("SMA", "S100", "CD34").
    marker text not null check (marker <> ''),
    -- positive, negative, equivocal, or other_cells (only cells that are not tumour stained).
    result text not null check (result in ('positive', 'negative', 'equivocal', 'other_cells')),
    -- How much stained: focal, patchy, diffuse ...
    extent text check (extent <> ''),
    -- How strongly: weak, moderate, strong.
    intensity text check (intensity <> ''),
    -- Share of tumour cells that stained, in percent.
    percent real check (percent between 0 and 100),
    -- Which other cells stained, where the result is other_cells.
    cells text check (cells <> ''),
    primary key (case_id, number)
) strict, without rowid;

create index ihc_result_by_marker on ihc_result (marker, result, case_id);
