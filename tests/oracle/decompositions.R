# Kitagawa's decomposition of a change, by its formula over totals of R survey: `apistrat` as the wave before, `apiclus1`
# as the wave after, by design and raked; test_kitagawa.py holds findings.decompositions to it.
# Run: Rscript tests/oracle/decompositions.R > tests/oracle/answers/decompositions.json
suppressPackageStartupMessages(library(survey))
data(api)
source(file.path(Sys.getenv("ORACLE", "tests/oracle"), "write.R"))
# As the data of comparisons.R; secondary schools below 650 points are in no group.
of_schools <- function(data) {
  y <- as.numeric(data$awards == "Yes")
  known <- data$api00 %% 9 != 0
  for (g in c("E", "H", "M")) {
    rows <- known & data$stype == g & !(g == "M" & data$api99 <= 650)
    data[[paste0("of_", g)]] <- as.numeric(rows)
    data[[paste0("yes_", g)]] <- rows * y
  }
  data$of <- as.numeric(known)
  data$yes <- known * y
  data
}
strata <- of_schools(apistrat)
clusters <- of_schools(apiclus1)
strat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = strata)
one <- svydesign(id = ~dnum, weights = ~pw, data = clusters)
rake <- function(design) {
  totals <- function(variable) table(apipop[[variable]])[-1]
  population <- c(nrow(apipop), totals("stype"), totals("sch.wide"))
  names(population) <- c("(Intercept)", "stypeH", "stypeM", "sch.wideYes")
  calibrate(design, ~ stype + sch.wide, population, calfun = "raking", epsilon = 1e-13, maxit = 500)
}
effects <- function(before, now) {
  p <- function(x, g) x[[paste0("yes_", g)]] / x[[paste0("of_", g)]]
  c <- function(x, g) x[[paste0("of_", g)]] / x[["of"]]
  whole <- function(x) x[["yes"]] / x[["of"]]
  groups <- base::c("E", "H", "M")
  rates <- sapply(groups, function(g) (p(now, g) - p(before, g)) * (c(now, g) + c(before, g)) / 2)
  grown <- sapply(groups, function(g) {
    (c(now, g) - c(before, g)) * ((p(now, g) + p(before, g)) - (whole(now) + whole(before))) / 2
  })
  base::c(sum(rates), whole(now) - whole(before) - sum(rates), rates, grown)
}
case <- function(before, now) {
  names <- c("of", "yes", paste0(rep(c("of_", "yes_"), each = 3), c("E", "H", "M")))
  both <- lapply(list(before, now), function(d) svytotal(as.formula(paste("~", paste(names, collapse = "+"))), d))
  x <- lapply(both, function(t) as.list(coef(t)))
  # Slopes by a complex step: exact to the last digit, and no formula of ours.
  slope <- function(which, name) {
    moved <- x
    moved[[which]][[name]] <- complex(real = x[[which]][[name]], imaginary = 1e-30)
    Im(effects(moved[[1]], moved[[2]])) / 1e-30
  }
  variance <- lapply(1:2, function(which) {
    J <- sapply(names, function(name) slope(which, name))
    diag(J %*% vcov(both[[which]])[names, names] %*% t(J))
  })
  df <- c(degf(subset(before, of == 1)), degf(subset(now, of == 1)))
  total <- variance[[1]] + variance[[2]]
  list(value = unname(effects(x[[1]], x[[2]])), se = unname(sqrt(total)),
       df = unname(total^2 / (variance[[1]]^2 / df[1] + variance[[2]]^2 / df[2])))
}
write_answers(list(design = case(strat, one), raked = case(rake(strat), rake(one))))
