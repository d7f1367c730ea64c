-- title: In which diagnoses was an alteration of a gene found?
-- theme: Markers and genes
-- Fusions, mutations and other alterations of a gene, by diagnosis and partner: found, and looked for but not found.
-- :gene! Gene | select gene from molecular_test group by gene order by count(*) desc, gene
-- :alteration Alteration | rearrangement, mutation, amplification, deletion, expression, methylation, other
with asked (gene) as (
    select coalesce(nullif(trim(:gene), ''), (select gene from molecular_test group by gene order by count(*) desc, gene limit 1))
)
select gene, alteration, partner, histology,
       count(distinct iif(result = 'positive', case_id, null)) as found_in_cases,
       count(distinct iif(result = 'negative', case_id, null)) as not_found_in_cases,
       iif(count(distinct case_id) <= 12, replace(group_concat(distinct iif(result = 'positive', case_id, null)), ',', ', '), null) as cases
from asked
join molecular_test using (gene)
join case_overview using (case_id)
where :alteration = '' or alteration = :alteration
group by gene, alteration, partner, histology
order by found_in_cases desc, alteration, partner, histology
