-- title: Which corrections are in conflict?
-- theme: Words and quality
-- What curators said of a value that the machine now reads otherwise, or whose words are not in the text any more. Nothing is changed until somebody decides: casebook correct, or casebook review.
select case_id, field, action, conflict, value as curators_value, was as value_that_the_curator_saw, machine_value as machines_value_now, words,
       curator, made_at, why
from correction
where state = 'conflict'
order by case_id, field, number
