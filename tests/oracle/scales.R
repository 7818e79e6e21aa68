# Cronbach's alpha, McDonald's omega and item-rest correlations, by R psych; test_scales.py holds findings.scales to
# them. Run: Rscript tests/oracle/scales.R > tests/oracle/answers/scales.json
suppressPackageStartupMessages({library(psych); library(psychTools)})
number <- function(x) ifelse(is.na(x), "null", formatC(x, digits = 17, format = "g"))
vector <- function(x) paste0("[", paste(number(as.vector(x)), collapse = ","), "]")
# One factor by unweighted least squares, iterated until nothing moves: the formula of omega to more digits.
loadings_of <- function(r) {
  share <- smc(r)
  for (step in 1:20000) {
    reduced <- r; diag(reduced) <- share; e <- eigen(reduced, symmetric = TRUE)
    found <- e$vectors[, 1] * sqrt(e$values[1])
    if (max(abs(found^2 - share)) < 1e-14) break
    share <- found^2
  }
  found
}
case <- function(name, items, reversed) {
  data <- bfi[1:400, items]
  turned <- na.omit(data)
  for (item in reversed) turned[[item]] <- 7 - turned[[item]]
  a <- suppressWarnings(psych::alpha(turned)); r <- cor(turned)
  o <- suppressWarnings(suppressMessages(omega(turned, nfactors = 1, plot = FALSE)))
  by_formula <- 1 - sum(1 - loadings_of(r)^2) / sum(r)
  paste0("\"", name, "\":{\"reversed\":[", paste(ifelse(items %in% reversed, "true", "false"), collapse = ","),
         "],\"items\":[", paste(sapply(data, vector), collapse = ","), "],\"answer\":{\"alpha\":", vector(a$total$raw_alpha),
         ",\"item_rest\":", vector(a$item.stats$r.drop), ",\"omega\":", vector(o$omega.tot), ",\"omega_formula\":",
         vector(by_formula), "}}")
}
cat("{", paste(c(
  case("agreeableness", c("A1", "A2", "A3", "A4", "A5"), "A1"),
  case("conscientiousness", c("C1", "C2", "C3", "C4", "C5"), c("C4", "C5")),
  case("three", c("N1", "N2", "N3"), character(0)),
  case("ten", c("E1", "E2", "E3", "E4", "E5", "N1", "N2", "N3", "N4", "N5"), c("E1", "E2", "N1", "N2", "N3", "N4", "N5"))
), collapse = ",\n"), "}\n")
