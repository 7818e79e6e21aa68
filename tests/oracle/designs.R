# Domain means and proportions of public designs, by R survey; test_oracle.py holds findings.estimators to them.
# Run: Rscript tests/oracle/designs.R > tests/oracle/answers/designs.json
suppressPackageStartupMessages(library(survey))
data(api)
options(digits = 17)
number <- function(x) ifelse(is.na(x), "null", formatC(x, digits = 17, format = "g"))
vector <- function(x) paste0("[", paste(number(x), collapse = ","), "]")
text <- function(x) paste0("[", paste0("\"", as.character(x), "\"", collapse = ","), "]")

answer <- function(design, data) {
  # Mean of api00, share of schools eligible for an award, each for all and by school type.
  both <- svymean(~ api00 + I(as.numeric(awards == "Yes")), design)
  kinds <- c("E", "H", "M")
  by <- lapply(kinds, function(kind) {
    part <- subset(design, stype == kind)
    means <- svymean(~ api00 + I(as.numeric(awards == "Yes")), part)
    interval <- svyciprop(~ I(as.numeric(awards == "Yes")), part, method = "logit")
    list(coef(means), SE(means), degf(part), as.vector(attr(interval, "ci")))
  })
  paste0(
    "{\"value\":", vector(c(coef(both), unlist(lapply(by, `[[`, 1)))),
    ",\"se\":", vector(c(SE(both), unlist(lapply(by, `[[`, 2)))),
    ",\"df\":", vector(c(degf(design), unlist(lapply(by, `[[`, 3)))),
    ",\"logit\":", vector(unlist(lapply(by, `[[`, 4))), "}")
}
case <- function(name, data, design, stratum, psu, weight, base, margins, singletons = "error") {
  columns <- paste0(
    "{\"stype\":", text(data$stype), ",\"api00\":", vector(data$api00), ",\"target\":",
    vector(as.numeric(data$awards == "Yes")), ",\"stratum\":", text(stratum), ",\"psu\":", text(psu),
    ",\"weight\":", vector(weight), ",\"base_weight\":", vector(base),
    ",\"margins\":{", paste0("\"", names(margins), "\":", sapply(margins, text), collapse = ","), "}}")
  if (length(margins) == 0) columns <- sub("\"margins\":\\{.*\\}\\}", "\"margins\":{}}", columns)
  paste0("\"", name, "\":{\"singletons\":\"", singletons, "\",\"data\":", columns, ",\"answer\":",
         answer(design, data), "}")
}
none <- list()
strat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = apistrat)
one <- svydesign(id = ~dnum, weights = ~pw, data = apiclus1)
totals <- function(variable) {
  counts <- table(apipop[[variable]])
  structure(as.vector(counts), names = names(counts))
}
rake <- function(design) {
  population <- c(`(Intercept)` = nrow(apipop), totals("stype")[-1], totals("sch.wide")[-1])
  names(population) <- c("(Intercept)", "stypeH", "stypeM", "sch.wideYes")
  calibrate(design, ~ stype + sch.wide, population, calfun = "raking", epsilon = 1e-13, maxit = 500)
}
rs <- rake(strat)
ro <- rake(one)
margins <- function(data) list(stype = data$stype, sch.wide = data$sch.wide)
# Strata of a made-up division of the one-stage cluster sample: the last has one PSU.
lone <- apiclus1
places <- sort(unique(lone$dnum))
lone$part <- ifelse(lone$dnum == places[length(places)], "z", ifelse(lone$dnum %% 2 == 0, "a", "b"))
lonely <- function(treatment) {
  options(survey.lonely.psu = treatment)
  design <- svydesign(id = ~dnum, strata = ~part, weights = ~pw, data = lone)
  made <- case(paste0("lonely_", treatment), lone, design, lone$part, lone$dnum, lone$pw, lone$pw, none, treatment)
  options(survey.lonely.psu = "fail")
  made
}
cat("{", paste(c(
  case("stratified", apistrat, strat, apistrat$stype, seq_len(nrow(apistrat)), apistrat$pw, apistrat$pw, none),
  case("clustered", apiclus1, one, rep("all", nrow(apiclus1)), apiclus1$dnum, apiclus1$pw, apiclus1$pw, none),
  case("stratified_raked", apistrat, rs, apistrat$stype, seq_len(nrow(apistrat)), weights(rs), apistrat$pw,
       margins(apistrat)),
  case("clustered_raked", apiclus1, ro, rep("all", nrow(apiclus1)), apiclus1$dnum, weights(ro), apiclus1$pw,
       margins(apiclus1)),
  sapply(c("certainty", "adjust", "average"), lonely)
), collapse = ",\n"), "}\n")
