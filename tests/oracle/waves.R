# A shipped wave from its clean twin, frame and margins: weights, raking, estimates of domains, intervals, by R survey.
# Run: Rscript tests/oracle/waves.R > tests/oracle/answers/waves.json
suppressPackageStartupMessages(library(survey))
here <- Sys.getenv("ORACLE", "tests/oracle")
source(file.path(here, "write.R"))
options(survey.lonely.psu = "fail")
data <- file.path(here, "..", "..", "data")
text <- function(...) read.csv(file.path(data, ...), colClasses = "character", encoding = "UTF-8")

yes <- function(x) ifelse(x == "yes", 1, ifelse(x == "no", 0, NA))
agrees <- c(strongly_disagree = 0, disagree = 0, neither = 0, agree = 1, strongly_agree = 1)
literacy <- c(cannot = 1, with_help = 2, with_effort = 3, easily = 4, can_teach = 5)
wave <- function(name) {
  d <- text("raw", name, "clean_twin.csv")
  d <- d[d$location == "inside", ]
  d$aware <- yes(d$aware_telekyanmar)
  d$ever <- ifelse(d$aware == 0, 0, yes(d$ever_telekyanmar))
  d$converted <- ifelse(d$aware == 1, yes(d$ever_telekyanmar), NA)
  d$trusts <- unname(agrees[d$trust])
  d$search <- unname(literacy[d$literacy_search])
  d$named <- ifelse(grepl("internet", d$barriers_health), 1, 0)
  d$named[d$aware != 1 | is.na(d$aware) | d$barriers_health %in% c("", "dont_know", "prefer_not_to_answer")] <- NA
  frame <- text("raw", name, "frame.csv")
  size <- setNames(as.numeric(frame$population), frame$stratum)
  d$base <- size[d$stratum] / as.vector(table(d$stratum)[d$stratum])
  age <- cut(as.numeric(d$age), c(17, 24, 34, 44, 54, 64, 110), c("18_24", "25_34", "35_44", "45_54", "55_64", "65_plus"))
  cell <- ifelse(is.na(age), "(none)", paste(age, d$gender, sep = "/"))
  d$age_sex <- cell
  d$place <- paste(d$state_region, d$urban_rural, sep = "/")
  totals <- function(column, file, names) {
    # Those in no cell of the margin keep their share of the weight; the rest is the margin's.
    shares <- text("reference", file)
    known <- setNames(as.numeric(shares$population), do.call(paste, c(shares[names], sep = "/")))
    d[[column]] <<- ifelse(d[[column]] %in% names(known), d[[column]], "(none)")
    none <- sum(d$base[d[[column]] == "(none)"])
    target <- known / sum(known) * (sum(d$base) - none)
    if (none > 0) target <- c(target, c("(none)" = none))
    target[order(names(target))]
  }
  first <- totals("age_sex", "age_sex.csv", c("age_group", "gender"))
  second <- totals("place", "state_urban.csv", c("state_region", "urban_rural"))
  d$age_sex <- factor(d$age_sex, names(first))
  d$place <- factor(d$place, names(second))
  plain <- svydesign(id = ~township, strata = ~stratum, weights = ~base, data = d, nest = TRUE)
  population <- c(sum(d$base), first[-1], second[-1])
  names(population) <- c("(Intercept)", paste0("age_sex", names(first)[-1]), paste0("place", names(second)[-1]))
  raked <- calibrate(plain, ~ age_sex + place, population, calfun = "raking", epsilon = 1e-13, maxit = 500)
  domains <- c(list(everyone = rep(TRUE, nrow(d))), sapply(
    c("gender:female", "gender:male", "urban_rural:urban", "ethnicity:bamar", "ethnicity:chin", "state_region:kayah",
      "state_region:yangon", "conflict_affected:conflict"),
    function(x) { part <- strsplit(x, ":")[[1]]; d[[part[1]]] == sub("^conflict$", "yes", part[2]) }, simplify = FALSE))
  of <- function(design, calibrated) lapply(domains, function(rows) {
    rbind_ <- sapply(c("aware", "ever", "converted", "trusts", "named", "search"), function(y) {
      held <- rows & !is.na(d[[y]])
      # A calibrated design keeps the rows outside a domain, with no weight: they may not be NA.
      part <- subset(update(design, y = ifelse(held, d[[y]], 0)), held)
      formula <- ~y
      m <- svymean(formula, part)
      p <- as.vector(coef(m)); se <- as.vector(SE(m)); df <- degf(part); n <- sum(held)
      limits <- c(p - qt(0.975, df) * se, p + qt(0.975, df) * se)
      if (y != "search") {
        effective <- min(p * (1 - p) / se^2, n) * (qt(0.975, n - 1) / qt(0.975, df))^2
        effective <- min(effective, n)
        limits <- c(qbeta(0.025, p * effective, (1 - p) * effective + 1), qbeta(0.975, p * effective + 1, (1 - p) * effective))
      }
      package <- c(NA, NA)
      if (y != "search" && !calibrated && effective < n && p * (1 - p) / se^2 < n) package <- as.vector(attr(svyciprop(formula, part, method = "beta"), "ci"))
      c(p, se, df, n, limits, package)
    })
    list(value = rbind_[1, ], se = rbind_[2, ], df = rbind_[3, ], n = rbind_[4, ], low = rbind_[5, ], high = rbind_[6, ],
         package_low = rbind_[7, ], package_high = rbind_[8, ])
  })
  list(weight = as.vector(weights(raked))[order(as.numeric(d$data_row))], design = of(plain, FALSE), calibrated = of(raked, TRUE))
}
named <- c("nug_2025", "nug_2026")
write_answers(lapply(setNames(named, named), wave))
