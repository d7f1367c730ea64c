-- Parts of a radiotherapy course with their own dose, such as a boost.
create table radiotherapy_phase (
    -- The case.
    case_id text not null,
    -- Number of the course within the case.
    course_number integer not null,
    -- Number of the phase within the course, from 1.
    number integer not null check (number > 0),
    -- Dose of the phase, in gray (RBE-weighted where the course is).
    dose_gy real not null check (dose_gy > 0 and dose_gy < 200),
    -- Number of fractions of the phase.
    fractions integer check (fractions between 1 and 200),
    -- What the report calls the phase ("boost").
    label text check (label <> ''),
    -- Dose of one fraction of the phase, in gray, where said.
    dose_per_fraction_gy real check (dose_per_fraction_gy > 0 and dose_per_fraction_gy < 200),
    primary key (case_id, course_number, number),
    foreign key (case_id, course_number) references radiotherapy_course (case_id, number) on delete cascade
) strict, without rowid;
