# Which counts are certainly more than 300? Run: Rscript figures.R [ADDRESS]  (base R is enough)
arguments <- commandArgs(trailingOnly = TRUE)
address <- if (length(arguments)) arguments[1] else "http://127.0.0.1:8000/"
figures <- read.csv(
  paste0(address, "figures.csv?unit=NUM&threshold=300&verdict=certain&lang=en"),
  encoding = "UTF-8"
)
# An unknown end is NA, and not zero.
print(figures[, c("fact_id", "indicator_label", "lower", "upper")], row.names = FALSE)

query <- "SELECT ?place (COUNT(?figure) AS ?figures)
          WHERE { ?figure sdmx-dimension:refArea ?place } GROUP BY ?place ORDER BY ?place"
places <- read.csv(paste0(address, "sparql?format=csv&query=", URLencode(query, reserved = TRUE)))
print(places, row.names = FALSE)
