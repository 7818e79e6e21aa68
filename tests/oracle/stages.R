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
    mean = as.vector(coef(mean_of)), mean_se = as.vector(SE(mean_of)), total = as.vector(coef(total)),
    total_se = as.vector(SE(total)), df = degf(design),
    domain_mean = sapply(parts, `[`, 1), domain_se = sapply(parts, `[`, 2), domain_df = sapply(parts, `[`, 3)
  )
}
# `columns`: the design as the project reads it; `call`: the design as R is told it.
case <- function(name, call, columns, design, singletons = "error") {
  list(design = name, call = call, singletons = singletons, data = columns, answer = answer(design, columns$domain))
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
# Base weights that differ within a cell of the margin.
wide <- data.frame(sch.wide = names(table(apipop$sch.wide)), Freq = as.vector(table(apipop$sch.wide)))
post_strat <- postStratify(svydesign(id = ~1, strata = ~stype, weights = ~pw, data = s), ~sch.wide, wide)
post_two <- calibrate(d2, ~ stype - 1, setNames(kinds$Freq, paste0("stype", kinds$stype)),
                      calfun = "raking", epsilon = 1e-13, maxit = 500)

# Strata of a made-up division of the clusters: the last has one PSU of the nine in its population. One school of a
# district that has one more than the sample holds: a singleton of the second stage.
places <- sort(unique(c1$dnum))
c1$part <- ifelse(c1$dnum == places[length(places)], "z", ifelse(c1$dnum %% 2 == 0, "a", "b"))
c1$of_part <- c(a = 400, b = 348, z = 9)[c1$part]
alone <- names(which(table(c2$dnum) == 1))[1]
c2$fpc2_more <- c2$fpc2 + (c2$dnum == alone)
lonely <- function(treatment) {
  options(survey.lonely.psu = treatment)
  on.exit(options(survey.lonely.psu = "fail"))
  design <- svydesign(id = ~dnum, strata = ~part, weights = ~pw, fpc = ~of_part, data = c1)
  two <- svydesign(id = ~ dnum + snum, weights = ~pw, fpc = ~ fpc1 + fpc2_more, data = c2)
  call <- paste0(", options(survey.lonely.psu = \"", treatment, "\")")
  first <- case(paste("one PSU in a stratum, fpc,", treatment),
    paste0("svydesign(id = ~dnum, strata = ~part, weights = ~pw, fpc = ~of_part)", call),
    of(c1, stratum = c1$part, psu = c1$dnum, base = c1$pw, fpc1 = unname(c1$of_part)), design, treatment)
  # R gives no answer for an average over the one district that it looks at: ours is over all districts.
  if (treatment == "average") return(list(first))
  list(first, case(paste("one SSU in a PSU, fpc,", treatment),
    paste0("svydesign(id = ~dnum + snum, weights = ~pw, fpc = ~fpc1 + fpc2)", call),
    of(c2, stratum = one(nrow(c2)), psu = c2$dnum, ssu = c2$snum, base = c2$pw, fpc1 = c2$fpc1, fpc2 = c2$fpc2_more),
    two, treatment))
}
lone <- unlist(lapply(c("certainty", "adjust", "average"), lonely), recursive = FALSE)
names(lone) <- gsub("[^a-z]+", "_", tolower(sapply(lone, `[[`, "design")))

write_answers(c(lone, list(
  srs_weights_only = case("weights only", "svydesign(id = ~1, weights = ~pw)",
    of(s, stratum = one(nrow(s)), psu = seq_len(nrow(s)), base = s$pw),
    svydesign(id = ~1, weights = ~pw, data = s)),
  stratified_fpc = case("stratified, fpc", "svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc)",
    of(s, stratum = as.character(s$stype), psu = seq_len(nrow(s)), base = s$pw, fpc1 = s$fpc),
    svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = s)),
  clustered_fpc = case("clusters, fpc", "svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc)",
    of(c1, stratum = one(nrow(c1)), psu = c1$dnum, base = c1$pw, fpc1 = c1$fpc),
    svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = c1)),
  two_stage_fpc = case("two stages, fpc (apiclus2)", "svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2)",
    c(of(transform(c2, pw = weights(d2)), stratum = one(nrow(c2)), psu = c2$dnum, ssu = c2$snum, base = weights(d2)),
      list(fpc1 = c2$fpc1, fpc2 = c2$fpc2)), d2),
  two_stage_no_fpc = case("two stages without fpc", "svydesign(id = ~dnum + snum, weights = ~pw)",
    of(c2, stratum = one(nrow(c2)), psu = c2$dnum, ssu = c2$snum, base = c2$pw),
    svydesign(id = ~ dnum + snum, weights = ~pw, data = c2)),
  mu284 = case("two stages, fpc (mu284)", "svydesign(id = ~id1 + id2, fpc = ~n1 + n2)",
    list(value = m$value, domain = m$domain, weight = weights(dm), base = weights(dm), stratum = one(nrow(m)),
         psu = m$id1, ssu = m$id2, fpc1 = m$n1, fpc2 = m$n2), dm),
  post_stratified = case("post-stratified clusters", "postStratify(svydesign(id = ~dnum, weights = ~pw), ~stype, population)",
    of(transform(c1, pw = weights(post)), stratum = one(nrow(c1)), psu = c1$dnum, base = c1$pw,
       margin = as.character(c1$stype)), post),
  post_stratified_unequal = case("post-stratified strata, unequal weights",
    "postStratify(svydesign(id = ~1, strata = ~stype, weights = ~pw), ~sch.wide, population)",
    of(transform(s, pw = weights(post_strat)), stratum = as.character(s$stype), psu = seq_len(nrow(s)), base = s$pw,
       margin = as.character(s$sch.wide)), post_strat),
  two_stage_calibrated = case("two stages, fpc, one complete margin",
    "calibrate(svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2), ~stype - 1, totals, calfun = \"raking\")",
    c(of(transform(c2, pw = weights(post_two)), stratum = one(nrow(c2)), psu = c2$dnum, ssu = c2$snum,
         base = weights(d2)),
      list(fpc1 = c2$fpc1, fpc2 = c2$fpc2, margin = as.character(c2$stype))), post_two)
)))
