-- Molecular tests of the tumour (not germline): a row for each gene and alteration looked for.
create table molecular_test (
    -- The case.
    case_id text not null references patient_case (case_id) on delete cascade,
    -- Number of the test within the case, from 1.
    number integer not null check (number > 0),
    -- Gene symbol ("ALK").
    gene text not null check (gene <> ''),
    -- rearrangement (also fusion), mutation, amplification, deletion, expression, methylation or other.
    alteration text not null check (alteration in ('rearrangement', 'mutation', 'amplification', 'deletion',
                                                   'expression', 'methylation', 'other')),
    -- Fusion partner, where named.
    partner text check (partner <> ''),
    -- positive (found) or negative (looked for and not found).
    result text not null check (result in ('positive', 'negative')),
    primary key (case_id, number)
) strict, without rowid;

create index molecular_test_by_gene on molecular_test (gene, result, case_id);
