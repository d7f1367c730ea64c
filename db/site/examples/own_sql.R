# SQL of your own, as CSV.
site <- Sys.getenv("CASEBOOK_SITE", "http://127.0.0.1:8001")
sql <- "select marker, result, count(distinct case_id) as cases from ihc_result group by marker, result order by marker"
print(read.csv(paste0(site, "/casebook.csv?sql=", URLencode(sql, reserved = TRUE))))
