# Table tests, contrasts with their covariance, and worst-case bounds by R survey; test_comparisons.py holds
# findings.rao_scott, findings.contrasts and findings.bounds to them.
# Run: Rscript tests/oracle/comparisons.R > tests/oracle/answers/comparisons.json
suppressPackageStartupMessages(library(survey))
data(api)
data(nhanes)
number <- function(x) ifelse(is.na(x), "null", formatC(x, digits = 17, format = "g"))
vector <- function(x) paste0("[", paste(number(as.vector(x)), collapse = ","), "]")
text <- function(x) paste0("[", paste0("\"", as.character(x), "\"", collapse = ","), "]")
object <- function(parts) paste0("{", paste0("\"", names(parts), "\":", parts, collapse = ","), "}")

# Every table and contrast of `data` has an outcome `y` (1, 0, NA), a second one `z`, a group `g` and a crossed one `h`.
test <- function(design, formula) {
  t <- svychisq(formula, design, statistic = "F")
  # A calibrated design keeps the rows outside a domain, so R takes nu of the whole; p is stated for both.
  nu <- degf(design)
  vector(c(t$statistic, t$parameter[1], t$parameter[2], t$p.value, nu,
           pf(t$statistic, t$parameter[1], t$parameter[1] * nu, lower.tail = FALSE)))
}
gap <- function(stat, contrast, domain) {
  one <- svycontrast(stat, contrast)
  vector(c(coef(one), SE(one), degf(domain)))
}
# svyby(covmat = TRUE) stops on calibrated designs: their contrasts are of ratios of totals, by svycontrast's delta method.
means <- function(design, domains, contrast, domain) {
  for (i in seq_along(domains)) {
    design$variables[[paste0("top", i)]] <- domains[[i]]$value * domains[[i]]$rows
    design$variables[[paste0("of", i)]] <- as.numeric(domains[[i]]$rows)
  }
  names <- c(paste0("top", seq_along(domains)), paste0("of", seq_along(domains)))
  totals <- svytotal(as.formula(paste("~", paste(names, collapse = " + "))), design)
  terms <- paste0("(", contrast, ") * top", seq_along(domains), " / of", seq_along(domains), collapse = " + ")
  one <- svycontrast(totals, parse(text = terms)[[1]])
  vector(c(coef(one), SE(one), degf(domain)))
}
limits <- function(design) {
  # Imbens and Manski (2004), with Student's t of the design in place of the normal distribution.
  low <- svymean(~ ifelse(is.na(y), 0, y), design)
  high <- svymean(~ ifelse(is.na(y), 1, y), design)
  width <- coef(high) - coef(low)
  df <- degf(design)
  c <- uniroot(function(c) pt(c + width / max(SE(low), SE(high)), df) - pt(-c, df) - 0.95, c(0, 20), tol = 1e-14)$root
  point <- svymean(~o, subset(design, !is.na(y)))
  vector(c(coef(point), coef(low), coef(high), coef(low) - c * SE(low), coef(high) + c * SE(high)))
}
case <- function(data, design, stratum, psu, weight, base, margins) {
  known <- subset(design, !is.na(y))
  pair <- levels(factor(data$g))[1:2]
  two <- subset(known, g %in% pair)
  both <- subset(design, !is.na(y) & !is.na(z))
  sides <- levels(factor(data$h))
  if (length(margins)) {
    of <- function(rows, value = data$o) list(rows = rows & !is.na(data$y), value = value)
    cell <- function(g, h) of(data$g == g & data$h == h)
    contrasts <- list(
      gap = means(design, list(of(data$g == pair[1]), of(data$g == pair[2])), c(1, -1), two),
      against_the_rest = means(design, list(of(data$g == pair[1]), of(data$g != pair[1])), c(1, -1), known),
      gap_of_gaps = means(design, list(cell(pair[1], sides[1]), cell(pair[2], sides[1]), cell(pair[1], sides[2]),
                                       cell(pair[2], sides[2])), c(1, -1, -1, 1), two),
      two_questions = means(design, list(of(!is.na(data$z)), of(!is.na(data$z), data$q)), c(1, -1), both))
  } else {
    contrasts <- list(
      gap = gap(svyby(~o, ~g, two, svymean, covmat = TRUE), c(1, -1), two),
      against_the_rest = gap(svyby(~o, ~ I(g == pair[1]), known, svymean, covmat = TRUE), c(-1, 1), known),
      gap_of_gaps = gap(svyby(~o, ~ g + h, two, svymean, covmat = TRUE), c(1, -1, -1, 1), two),
      two_questions = gap(svymean(~ o + q, both), c(1, -1), both))
  }
  columns <- list(
    y = vector(data$y), z = vector(data$z), g = text(data$g), h = text(data$h), stratum = text(stratum),
    psu = text(psu), weight = vector(weight), base_weight = vector(base),
    margins = if (length(margins)) object(sapply(margins, text)) else "{}")
  answer <- list(
    table = test(known, ~ o + g),
    wide = test(known, ~ h + g),
    domain = test(subset(known, h == levels(factor(data$h))[1]), ~ o + g),
    gap = contrasts$gap,
    against_the_rest = contrasts$against_the_rest,
    gap_of_gaps = contrasts$gap_of_gaps,
    two_questions = contrasts$two_questions,
    bounds = limits(design),
    bounds_of_group = limits(subset(design, g == pair[1])))
  object(list(data = object(columns), answer = object(answer)))
}
# A calibrated design keeps the rows outside a domain, and may have no NA in them.
filled <- function(data) transform(data, o = ifelse(is.na(y), 0, y), q = ifelse(is.na(z), 0, z))
of_schools <- function(data) {
  data$y <- as.numeric(data$awards == "Yes")
  data$y[data$api00 %% 9 == 0] <- NA
  data$z <- as.numeric(data$comp.imp == "Yes")
  data$g <- as.character(data$stype)
  data$h <- ifelse(data$api99 > 650, "high", "low")
  filled(data)
}
strata <- of_schools(apistrat)
clusters <- of_schools(apiclus1)
strat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = strata)
one <- svydesign(id = ~dnum, weights = ~pw, data = clusters)
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
# A third of the strata of NHANES keep the recorded answers small.
people <- nhanes[nhanes$SDMVSTRA %% 3 == 0 & !is.na(nhanes$HI_CHOL), ]
people$y <- people$HI_CHOL
people$y[people$WTMEC2YR > 90000] <- NA
people$z <- as.numeric(people$agecat == "(39,59]")
people$g <- paste0("race", people$race)
people$h <- paste0("sex", people$RIAGENDR)
people <- filled(people)
survey_of_health <- svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = people)
cat(object(list(
  stratified = case(strata, strat, strata$stype, seq_len(nrow(strata)), strata$pw, strata$pw, list()),
  clustered = case(clusters, one, rep("all", nrow(clusters)), clusters$dnum, clusters$pw, clusters$pw, list()),
  stratified_raked = case(strata, rs, strata$stype, seq_len(nrow(strata)), weights(rs), strata$pw, margins(strata)),
  clustered_raked = case(clusters, ro, rep("all", nrow(clusters)), clusters$dnum, weights(ro), clusters$pw,
                         margins(clusters)),
  nhanes = case(people, survey_of_health, people$SDMVSTRA, people$SDMVPSU, people$WTMEC2YR, people$WTMEC2YR, list())
)), "\n")
