-- In how many cases of a histology a marker was positive or negative. A case counts once for a marker: positive and negative both told count as equivocal, and a clear result goes before an equivocal one. Of a pair that is not here no case reports a result: that says nothing of whether it was tested.
create table marker_count (
    -- stain (table ihc_result) or molecular (table molecular_test).
    test text not null check (test in ('stain', 'molecular')),
    -- Final diagnosis, as in case_overview.
    histology text not null,
    -- The marker; of molecular tests the gene and the alteration looked for ("ALK rearrangement").
    marker text not null,
    -- Cases in which it was positive (of molecular tests: found).
    positive integer not null check (positive >= 0),
    -- Cases in which it was negative (of molecular tests: looked for and not found).
    negative integer not null check (negative >= 0),
    -- Cases in which it was equivocal, or positive and negative both.
    equivocal integer not null check (equivocal >= 0),
    -- Cases in which only cells that are not tumour stained; not among those tested.
    other_cells integer not null check (other_cells >= 0),
    -- Cases of the histology in which a result of any marker is reported of the tumour.
    histology_cases integer not null check (histology_cases >= 0),
    primary key (test, histology, marker)
) strict, without rowid;

create index marker_count_by_marker on marker_count (test, marker);
