# Replicate weights and their standard errors by R survey: JKn and bootstraps, raked anew in every replicate.
# Run: Rscript tests/oracle/replicates.R > tests/oracle/answers/replicates.json
suppressPackageStartupMessages(library(survey))
source(file.path(Sys.getenv("ORACLE", "tests/oracle"), "write.R"))
data(api)
options(survey.replicates.mse = TRUE)
counts <- function(variable) {
  found <- table(apipop[[variable]])
  structure(as.vector(found), names = names(found))
}
population <- c(nrow(apipop), counts("stype")[-1], counts("sch.wide")[-1])
names(population) <- c("(Intercept)", "stypeH", "stypeM", "sch.wideYes")
# The mean of api00, and the share of schools eligible for an award, for all and by school type.
answer <- function(design) {
  parts <- c(list(design), lapply(c("E", "H", "M"), function(kind) subset(design, stype == kind)))
  found <- lapply(parts, function(part) svymean(~ api00 + I(as.numeric(awards == "Yes")), part))
  list(mean = sapply(found, function(x) as.vector(coef(x))), se = sapply(found, function(x) as.vector(SE(x))))
}
flat <- function(x) list(mean = as.vector(x$mean), se = as.vector(x$se))
case <- function(data, stratum, psu, design, type, raked, replicates = NULL, fpc = NULL, export = TRUE) {
  set.seed(20250401)
  made <- if (is.null(replicates)) as.svrepdesign(design, type = type, compress = FALSE)
          else as.svrepdesign(design, type = type, replicates = replicates, compress = FALSE)
  drawn <- weights(made, type = "analysis")
  base <- weights(design)
  if (raked) made <- calibrate(made, ~ stype + sch.wide, population, calfun = "raking", epsilon = 1e-13, maxit = 500,
                                compress = FALSE)
  list(
    data = c(list(stype = as.character(data$stype), api00 = data$api00, target = as.numeric(data$awards == "Yes"),
                  stratum = as.character(stratum), psu = as.character(psu), base_weight = as.vector(base),
                  weight = as.vector(weights(made, type = "sampling"))),
             if (is.null(fpc)) list() else list(fpc1 = fpc),
             list(margin_stype = as.character(data$stype), margin_wide = as.character(data$sch.wide))),
    raked = raked, scale = made$scale, rscales = made$rscales,
    # Weights of the replicates before raking, one list per replicate.
    replicates = lapply(seq_len(ncol(drawn)), function(r) as.vector(drawn[, r])),
    raked_first = as.vector(weights(made, type = "analysis")[, 1]),
    answer = flat(answer(made))
  )
}
c1 <- transform(apiclus1, part = ifelse(dnum %% 2 == 0, "a", "b"))
ds <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = apistrat)
dc <- svydesign(id = ~dnum, strata = ~part, weights = ~pw, data = c1)
c1$parts <- ifelse(c1$part == "a", 400, 357)
df <- svydesign(id = ~dnum, strata = ~part, weights = ~pw, fpc = ~parts, data = c1)
write_answers(list(
  jackknife = case(c1, c1$part, c1$dnum, dc, "JKn", FALSE),
  jackknife_fpc = case(c1, c1$part, c1$dnum, df, "JKn", FALSE, fpc = c1$parts),
  jackknife_raked = case(c1, c1$part, c1$dnum, dc, "JKn", TRUE),
  subbootstrap = case(c1, c1$part, c1$dnum, dc, "subbootstrap", FALSE, 20),
  subbootstrap_raked = case(c1, c1$part, c1$dnum, dc, "subbootstrap", TRUE, 20),
  bootstrap = case(c1, c1$part, c1$dnum, dc, "bootstrap", FALSE, 20)
))
