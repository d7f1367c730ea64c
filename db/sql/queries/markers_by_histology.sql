-- title: Which markers are positive in a diagnosis?
-- theme: Markers and genes
-- How often each marker was positive or negative in a diagnosis, counted over cases; one with both results of a marker is equivocal. Published cases are selected: no rates.
-- :histology! Diagnosis | select histology from marker_count where test = 'stain' and histology <> 'not reported' group by histology having max(histology_cases) > 0 order by max(histology_cases) desc, histology
select histology, marker,
       positive as positive_cases,
       negative as negative_cases,
       equivocal as equivocal_cases,
       positive + negative + equivocal as tested_cases
from marker_count
where test = 'stain' and positive + negative + equivocal > 0
  and histology = coalesce(nullif(trim(:histology), ''), (select histology from marker_count where test = 'stain' and histology <> 'not reported' group by histology having max(histology_cases) > 0 order by max(histology_cases) desc, histology limit 1))
order by tested_cases desc, marker
