# A sample of the plan by R survey: seconds per call, and every estimate as CSV.
# Run by run.py: survey.R FILE OUT INDICATORS BREAKDOWNS design|calibrated (lists comma-separated). One call of svyby per
# indicator x breakdown: svyciprop(method = "beta") for a proportion, svymean for a mean. The domain of an estimate is those
# with a value, so that n and the degrees of freedom are theirs (of a calibrated design svyciprop takes all rows for n: its
# intervals are not compared). Reading and declaring the design are not timed.
suppressPackageStartupMessages(library(survey))
given <- commandArgs(trailingOnly = TRUE)
indicators <- strsplit(given[3], ",")[[1]]
breakdowns <- strsplit(given[4], ",")[[1]]
margins <- c("margin_a", "margin_b")
wanted <- c("stratum", "psu", "base_weight", "weight", margins, breakdowns, indicators)
data <- if (requireNamespace("data.table", quietly = TRUE)) {
  as.data.frame(data.table::fread(given[1], select = unique(wanted), nThread = 1, showProgress = FALSE))
} else read.csv(given[1])
for (name in c("stratum", "psu", margins, breakdowns)) data[[name]] <- factor(data[[name]])
design <- svydesign(id = ~psu, strata = ~stratum, weights = ~base_weight, data = data)
if (given[5] == "calibrated") {
  total <- function(name) tapply(data$weight, data[[name]], sum)
  one <- total(margins[1])
  two <- total(margins[2])
  population <- c(sum(data$weight), one[-1], two[-1])
  names(population) <- c("(Intercept)", paste0(margins[1], names(one)[-1]), paste0(margins[2], names(two)[-1]))
  design <- calibrate(design, ~ margin_a + margin_b, population, calfun = "raking", epsilon = 1e-13, maxit = 500)
}
# What the first call alone costs.
invisible(svyby(reformulate(indicators[1]), reformulate(breakdowns[1]), design, svymean, na.rm = TRUE))
rows <- list()
calls <- c()
for (y in indicators) for (by in breakdowns) {
  share <- startsWith(y, "p")
  before <- proc.time()
  part <- design[!is.na(data[[y]]), ]
  # A calibrated design keeps all rows, at weight 0: they must not be missing.
  part$variables[[y]][is.na(part$variables[[y]])] <- 0
  made <- if (share) {
    svyby(reformulate(y), reformulate(by), part, svyciprop, method = "beta", vartype = c("se", "ci"))
  } else svyby(reformulate(y), reformulate(by), part, svymean)
  limits <- if (share) cbind(made[["ci_l"]], made[["ci_u"]]) else {
    df <- sapply(levels(data[[by]]), function(g) degf(part[part$variables[[by]] == g, ]))
    coef(made) + outer(qt(0.975, df) * SE(made), c(-1, 1))
  }
  after <- proc.time()
  spent <- after - before
  calls <- c(calls, sprintf("{\"wall\":%.6f,\"cpu\":%.6f,\"estimates\":%d}", spent[["elapsed"]],
                            spent[["user.self"]] + spent[["sys.self"]], nrow(made)))
  rows[[length(rows) + 1]] <- data.frame(column = y, breakdown = by, group = as.character(made[[by]]),
                                         estimate = as.vector(coef(made)), se = as.vector(SE(made)),
                                         ci_low = limits[, 1], ci_high = limits[, 2])
}
table <- do.call(rbind, rows)
for (name in c("estimate", "se", "ci_low", "ci_high")) table[[name]] <- formatC(table[[name]], digits = 17, format = "g")
write.csv(table, given[2], row.names = FALSE, quote = FALSE)
cat(sprintf("{\"calls\":[%s],\"version\":\"R %s.%s, survey %s\"}\n", paste(calls, collapse = ","), R.version$major,
            R.version$minor, packageVersion("survey")))
