# Totals, ratios, quantiles and contrasts of public designs, in domains and calibrated, by R survey.
# Run: Rscript tests/oracle/linear.R > tests/oracle/answers/linear.json
suppressPackageStartupMessages(library(survey))
source(file.path(Sys.getenv("ORACLE", "tests/oracle"), "write.R"))
data(api)
data(nhanes)
data(scd)
options(survey.lonely.psu = "fail")

# The smallest value at or below which lies at least p of the weight. R's "math" is this rule, but where p is less than the
# share of the smallest value, survey 4.1 gives the second smallest.
smallest <- function(x, w, p) {
  ordered <- order(x)
  x[ordered][which(cumsum(w[ordered]) >= p * sum(w) * (1 - 1e-12))[1]]
}
two <- function(x) list(value = as.vector(coef(x)), se = as.vector(SE(x)))
# x, y: numbers, y with gaps; domain: groups. The totals, ratios and medians are for all, then in each group.
answer <- function(design, domain) {
  parts <- c(list(design), lapply(sort(unique(domain)), function(group) subset(design, domain == group)))
  of <- function(statistic) {
    found <- lapply(parts, function(part) two(statistic(part)))
    list(value = sapply(found, `[[`, "value"), se = sapply(found, `[[`, "se"))
  }
  median_of <- function(p, qrule) {
    found <- lapply(parts, function(part) {
      if (degf(part) < 1) return(c(svyquantile(~y, part, p, na.rm = TRUE, ci = FALSE, qrule = qrule)$y, NA, NA, NA))
      as.vector(svyquantile(~y, part, p, na.rm = TRUE, qrule = qrule)$y)
    })
    list(value = sapply(found, `[`, 1), low = sapply(found, `[`, 2), high = sapply(found, `[`, 3),
         se = sapply(found, `[`, 4))
  }
  # Means of x in the first two groups, as ratios of totals that one design has the covariance of.
  groups <- sort(unique(domain))[1:2]
  design <- update(design, xa = x * (domain == groups[1]), na = as.numeric(domain == groups[1]),
                   xb = x * (domain == groups[2]), nb = as.numeric(domain == groups[2]))
  sums <- svytotal(~ xa + na + xb + nb, design)
  list(
    total = of(function(d) svytotal(~x, d)), ratio = of(function(d) svyratio(~y, ~x, d, na.rm = TRUE)),
    quartile = median_of(0.25, smallest), median = median_of(0.5, smallest), upper = median_of(0.9, smallest),
    quartile_math = median_of(0.25, "math"), median_math = median_of(0.5, "math"), upper_math = median_of(0.9, "math"),
    difference = two(svycontrast(sums, quote(xa / na - xb / nb))), quotient = two(svycontrast(sums, quote((xa / na) / (xb / nb))))
  )
}
case <- function(name, call, design, data, stratum, psu, weight, base, margins = list(), ...) {
  columns <- list(x = data$x, y = data$y, domain = as.character(data$domain), stratum = as.character(stratum),
                  psu = as.character(psu), weight = as.vector(weight), base = as.vector(base), ...)
  list(design = name, call = call, data = c(columns, margins), answer = answer(design, data$domain))
}
gaps <- function(data) {
  data$y[seq(5, nrow(data), 17)] <- NA
  data
}
s <- gaps(transform(apistrat, x = api99, y = as.numeric(api00), domain = as.character(stype)))
c1 <- gaps(transform(apiclus1, x = api99, y = as.numeric(api00), domain = as.character(stype)))
c2 <- gaps(transform(apiclus2, x = api99, y = as.numeric(api00), domain = as.character(sch.wide)))
h <- subset(nhanes, !is.na(HI_CHOL))
h <- transform(h[seq(1, nrow(h), 4), ], x = 1, y = HI_CHOL)
h <- transform(h, x = as.numeric(agecat), domain = paste0("race", race))
e <- transform(scd, x = arrests, y = as.numeric(alive), domain = ifelse(ambulance == 1, "one", "two"), w = 1)
counts <- function(variable, data = apipop) {
  found <- table(data[[variable]])
  structure(as.vector(found), names = names(found))
}
population <- c(`(Intercept)` = nrow(apipop), stype = counts("stype")[-1], sch.wide = counts("sch.wide")[-1])
names(population) <- c("(Intercept)", "stypeH", "stypeM", "sch.wideYes")
rake_to <- function(design) calibrate(design, ~ stype + sch.wide, population, calfun = "raking", epsilon = 1e-13, maxit = 500)
ds <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = s)
dc <- svydesign(id = ~dnum, weights = ~pw, data = c1)
d2 <- svydesign(id = ~ dnum + snum, fpc = ~ fpc1 + fpc2, data = c2)
dr <- rake_to(dc)
margins <- function(data) list(margin_a = as.character(data$stype), margin_b = as.character(data$sch.wide))
write_answers(list(
  strata = case("strata", "svydesign(id = ~1, strata = ~stype, weights = ~pw)", ds, s, s$stype, seq_len(nrow(s)), s$pw,
                s$pw),
  clusters_raked = case("raked clusters", "calibrate(svydesign(id = ~dnum, weights = ~pw), calfun = \"raking\")", dr, c1,
                        rep("all", nrow(c1)), c1$dnum, weights(dr), c1$pw, margins(c1)),
  two_stages = case("two stages, fpc", "svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2)", d2, c2, rep("all", nrow(c2)),
                    c2$dnum, weights(d2), weights(d2), list(), ssu = as.character(c2$snum), fpc1 = c2$fpc1, fpc2 = c2$fpc2),
  nhanes = case("strata of two PSUs (nhanes)",
                "svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE)",
                svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = h), h, h$SDMVSTRA,
                h$SDMVPSU, h$WTMEC2YR, h$WTMEC2YR),
  scd = case("strata of two PSUs (scd)", "svydesign(id = ~ambulance, strata = ~ESA, weights = ~1, nest = TRUE)",
             svydesign(id = ~ambulance, strata = ~ESA, weights = ~w, nest = TRUE, data = e), e, e$ESA, e$ambulance, e$w, e$w)
))
