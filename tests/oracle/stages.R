# Designs of one and two stages with finite populations, weights only, and post-stratified, by R survey on its public data.
# Run: Rscript tests/oracle/stages.R > tests/oracle/answers/stages.json
suppressPackageStartupMessages(library(survey))
source(file.path(Sys.getenv("ORACLE", "tests/oracle"), "write.R"))
data(api)
data(mu284)
options(survey.lonely.psu = "fail")

# A mean and a total of `value`, and the mean in each domain, with their standard errors and degrees of freedom.
answer <- function(design, domain) {
  mean_of <- svymean(~value, design)
  total <- svytotal(~value, design)
  parts <- lapply(sort(unique(domain)), function(group) {
    part <- subset(design, domain == group)
    c(coef(svymean(~value, part)), SE(svymean(~value, part)), degf(part))
  })
  list(
    mean = coef(mean_of), mean_se = SE(mean_of), total = coef(total), total_se = SE(total), df = degf(design),
    domain_mean = sapply(parts, `[`, 1), domain_se = sapply(parts, `[`, 2), domain_df = sapply(parts, `[`, 3)
  )
}
# `columns`: the design as the project reads it; `call`: the design as R is told it.
case <- function(call, columns, design, singletons = "error") {
  domain <- columns$domain
  list(call = call, singletons = singletons, data = columns, answer = answer(design, domain))
}
of <- function(data, ...) list(value = data$api00, domain = as.character(data$stype), weight = data$pw, ...)
one <- function(n) rep("all", n)

s <- transform(apistrat, value = api00, domain = as.character(stype))
c1 <- transform(apiclus1, value = api00, domain = as.character(stype))
c2 <- transform(apiclus2, value = api00, domain = as.character(stype))
m <- transform(mu284, value = y1, domain = as.character(id2 %% 2))
d2 <- svydesign(id = ~ dnum + snum, fpc = ~ fpc1 + fpc2, data = c2)
dm <- svydesign(id = ~ id1 + id2, fpc = ~ n1 + n2, data = m)
kinds <- data.frame(stype = names(table(apipop$stype)), Freq = as.vector(table(apipop$stype)))
cluster <- svydesign(id = ~dnum, weights = ~pw, data = c1)
post <- postStratify(cluster, ~stype, kinds)
post_strat <- postStratify(svydesign(id = ~1, weights = ~pw, data = s), ~stype, kinds)
# Unequal base weights: R's calibrate with one complete margin (its postStratify takes unweighted means of the cells).
post_two <- calibrate(d2, ~ stype - 1, setNames(kinds$Freq, paste0("stype", kinds$stype)),
                      calfun = "raking", epsilon = 1e-13, maxit = 500)

write_answers(list(
  srs_weights_only = case("svydesign(id = ~1, weights = ~pw)",
    of(s, stratum = one(nrow(s)), psu = seq_len(nrow(s)), base = s$pw),
    svydesign(id = ~1, weights = ~pw, data = s)),
  stratified_fpc = case("svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc)",
    of(s, stratum = as.character(s$stype), psu = seq_len(nrow(s)), base = s$pw, fpc1 = s$fpc),
    svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = s)),
  clustered_fpc = case("svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc)",
    of(c1, stratum = one(nrow(c1)), psu = c1$dnum, base = c1$pw, fpc1 = c1$fpc),
    svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = c1)),
  two_stage_fpc = case("svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2)",
    c(of(transform(c2, pw = weights(d2)), stratum = one(nrow(c2)), psu = c2$dnum, ssu = c2$snum, base = weights(d2)),
      list(fpc1 = c2$fpc1, fpc2 = c2$fpc2)), d2),
  two_stage_no_fpc = case("svydesign(id = ~dnum + snum, weights = ~pw)",
    of(c2, stratum = one(nrow(c2)), psu = c2$dnum, ssu = c2$snum, base = c2$pw),
    svydesign(id = ~ dnum + snum, weights = ~pw, data = c2)),
  mu284 = case("svydesign(id = ~id1 + id2, fpc = ~n1 + n2)",
    list(value = m$value, domain = m$domain, weight = weights(dm), base = weights(dm), stratum = one(nrow(m)),
         psu = m$id1, ssu = m$id2, fpc1 = m$n1, fpc2 = m$n2), dm),
  post_stratified = case("postStratify(svydesign(id = ~dnum, weights = ~pw), ~stype, population)",
    of(transform(c1, pw = weights(post)), stratum = one(nrow(c1)), psu = c1$dnum, base = c1$pw,
       margin = as.character(c1$stype)), post),
  post_stratified_unequal = case("postStratify(svydesign(id = ~1, weights = ~pw), ~stype, population)",
    of(transform(s, pw = weights(post_strat)), stratum = one(nrow(s)), psu = seq_len(nrow(s)), base = s$pw,
       margin = as.character(s$stype)), post_strat),
  two_stage_calibrated = case(
    "calibrate(svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2), ~stype - 1, totals, calfun = \"raking\")",
    c(of(transform(c2, pw = weights(post_two)), stratum = one(nrow(c2)), psu = c2$dnum, ssu = c2$snum,
         base = weights(d2)),
      list(fpc1 = c2$fpc1, fpc2 = c2$fpc2, margin = as.character(c2$stype))), post_two)
))
