# A table as a data frame, with base R alone. An empty cell is "not reported" and becomes NA.
site <- Sys.getenv("CASEBOOK_SITE", "http://127.0.0.1:8001")
cases <- read.csv(paste0(site, "/casebook/patient_case.csv?_stream=on"), na.strings = "")
print(table(sex = cases$sex, surgery = ifelse(cases$surgery == 1, "yes", "no"), useNA = "ifany"))
cat("median age", median(cases$age_years, na.rm = TRUE), "years\n")
