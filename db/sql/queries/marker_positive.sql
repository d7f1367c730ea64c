-- title: Which diagnoses are positive for a marker?
-- theme: Markers and genes
-- How often a marker was positive or negative in each diagnosis, counted over cases; one with both results is equivocal. Published cases are selected: no rates.
-- :marker! Marker | select marker from marker_count where test = 'stain' group by marker having sum(positive + negative + equivocal) > 0 order by sum(positive + negative + equivocal) desc, marker
select marker, histology,
       positive as positive_cases,
       negative as negative_cases,
       equivocal as equivocal_cases,
       positive + negative + equivocal as tested_cases
from marker_count
where test = 'stain' and positive + negative + equivocal > 0
  and marker = coalesce(nullif(trim(:marker), ''), (select marker from marker_count where test = 'stain' group by marker having sum(positive + negative + equivocal) > 0 order by sum(positive + negative + equivocal) desc, marker limit 1))
order by positive_cases desc, tested_cases desc, histology
