# Logistic, linear and ordinal models, marginal effects and tests of terms, by R survey; test_models.py holds
# findings.models to them. Run: Rscript tests/oracle/models.R > tests/oracle/answers/models.json
suppressPackageStartupMessages({library(survey); library(MASS)})
data(api)
data(nhanes)
number <- function(x) ifelse(is.na(x), "null", formatC(x, digits = 17, format = "g"))
vector <- function(x) paste0("[", paste(number(as.vector(x)), collapse = ","), "]")
text <- function(x) paste0("[", paste0("\"", as.character(x), "\"", collapse = ","), "]")
object <- function(...) {
  parts <- list(...)
  paste0("{", paste0("\"", names(parts), "\":", unlist(parts), collapse = ","), "}")
}
# Influence values are per unit of weight: the variance is that of the weighted total of them.
spread <- function(z, design) {
  z <- as.matrix(z)
  names <- paste0("z", seq_len(ncol(z)))
  for (i in seq_along(names)) design$variables[[names[i]]] <- z[, i]
  vcov(svytotal(reformulate(names), design))
}
rows_of <- function(z, held) {
  whole <- matrix(0, length(held), ncol(z))
  whole[held, ] <- z
  whole
}
influence_logit <- function(x, y, w, beta) {
  mu <- plogis(as.vector(x %*% beta))
  (x * (y - mu)) %*% solve(crossprod(x, x * (w * mu * (1 - mu))))
}
# Effects of every level of every term, and their influence values by hand (the two parts of them).
marginal <- function(fit, data, w, terms, influence) {
  values <- c(); parts <- NULL; total <- sum(w)
  for (term in terms) {
    levels <- levels(data[[term]])
    at <- function(level) {
      changed <- data
      changed[[term]] <- factor(level, levels = levels)
      model.matrix(delete.response(terms(fit)), changed)
    }
    zero <- at(levels[1]); p0 <- plogis(as.vector(zero %*% coef(fit)))
    for (level in levels[-1]) {
      one <- at(level); p1 <- plogis(as.vector(one %*% coef(fit)))
      difference <- p1 - p0
      value <- sum(w * difference) / total
      gradient <- colSums(w * (one * (p1 * (1 - p1)) - zero * (p0 * (1 - p0)))) / total
      values <- c(values, value)
      parts <- cbind(parts, (difference - value) / total + influence %*% gradient)
    }
  }
  list(values = values, influence = parts)
}
ordinal_by_hand <- function(x, y, w) {
  p <- ncol(x); k <- max(y); cuts <- k - 1
  ends <- function(theta) {
    zeta <- c(-Inf, theta[p + seq_len(cuts)], Inf); eta <- as.vector(x %*% theta[seq_len(p)])
    list(up = zeta[y + 1] - eta, low = zeta[y] - eta)
  }
  mark_up <- outer(y, seq_len(cuts), "==") * 1; mark_low <- outer(y - 1, seq_len(cuts), "==") * 1
  share <- cumsum(tapply(w, factor(y, levels = seq_len(k)), sum))[seq_len(cuts)] / sum(w)
  theta <- c(rep(0, p), qlogis(share))
  for (step in 1:200) {
    e <- ends(theta); Fu <- plogis(e$up); Fl <- plogis(e$low); pr <- Fu - Fl
    fu <- Fu * (1 - Fu); fl <- Fl * (1 - Fl)
    du <- cbind(-x, mark_up); dl <- cbind(-x, mark_low)
    score <- (fu * du - fl * dl) / pr
    hessian <- crossprod(du, du * (w * fu * (1 - 2 * Fu) / pr)) - crossprod(dl, dl * (w * fl * (1 - 2 * Fl) / pr)) -
      crossprod(score, score * w)
    move <- solve(-hessian, colSums(w * score))
    theta <- theta + move
    if (max(abs(move)) < 1e-13) break
  }
  list(theta = theta, influence = score %*% solve(-hessian))
}
# Brant's test: the logits of y > k stacked, their covariance that of the design, adjusted F.
brant <- function(x, y, design, held, w, columns) {
  full <- cbind(1, x); k <- max(y); p <- ncol(x); slopes <- c(); parts <- NULL
  for (cut in seq_len(k - 1)) {
    above <- as.numeric(y > cut)
    fit <- glm.fit(full, above, weights = w / mean(w), family = quasibinomial(), control = list(epsilon = 1e-15, maxit = 100))
    slopes <- c(slopes, fit$coefficients[-1])
    parts <- cbind(parts, influence_logit(full, above, w, fit$coefficients)[, -1])
  }
  v <- spread(rows_of(parts, held), design)
  contrasts <- NULL
  for (cut in 2:(k - 1)) for (column in columns) {
    row <- rep(0, length(slopes)); row[column] <- 1; row[(cut - 1) * p + column] <- -1
    contrasts <- rbind(contrasts, row)
  }
  d <- contrasts %*% slopes
  wald <- as.vector(t(d) %*% solve(contrasts %*% v %*% t(contrasts), d)); q <- nrow(contrasts)
  df <- degf(subset(design, held)); f <- (df - q + 1) / (df * q) * wald
  c(f, q, pf(f, q, df - q + 1, lower.tail = FALSE))
}
case <- function(name, design, data, outcome, terms, steps, stratum, psu, base, margins) {
  weight <- weights(design)
  held <- complete.cases(data[, c(outcome, terms, steps)])
  design$variables$y <- data[[outcome]]; design$variables$held <- held
  design$variables$y[!held] <- 0
  for (term in terms) design$variables[[term]] <- replace(data[[term]], !held, levels(data[[term]])[1])
  # A calibrated design keeps the rows of which it is no longer; their answers count with weight zero.
  design$variables$ordered <- factor(ifelse(held, data[[steps]], 1), ordered = TRUE)
  part <- subset(design, held)
  formula <- reformulate(terms, "y")
  fit <- svyglm(formula, part, family = quasibinomial(), epsilon = 1e-15, maxit = 100)
  # R keeps the information of the step before its last: from the solution, one step more makes both the same.
  fit <- do.call(svyglm, list(formula, part, family = quasibinomial(), epsilon = 1e-15, maxit = 100, start = coef(fit)))
  w <- weight[held]; inside <- data[held, ]
  x <- model.matrix(reformulate(terms), inside)
  by_hand <- influence_logit(x, inside[[outcome]], w, coef(fit))
  effects <- marginal(fit, inside, w, terms, by_hand)
  tests <- lapply(terms, function(term) {
    test <- regTermTest(fit, reformulate(term), method = "Wald", df = degf(part))
    c(test$Ftest, test$df, test$p)
  })
  # Predictive margins of the first term, and the jackknife of the same.
  margin <- svypredmeans(svyglm(reformulate(terms[-1], "y"), part, family = quasibinomial(), epsilon = 1e-15, maxit = 100),
                         reformulate(terms[1]))
  first <- levels(data[[terms[1]]])
  contrast <- lapply(first[-1], function(level) structure(list(c(-1, 1)), names = "x"))
  predmeans <- sapply(first[-1], function(level) {
    of <- match(c(first[1], level), names(coef(margin))); v <- vcov(margin)[of, of]
    c(diff(coef(margin)[of]), sqrt(v[1, 1] + v[2, 2] - 2 * v[1, 2]))
  })
  replicates <- as.svrepdesign(svydesign(id = ~psu, strata = ~stratum, weights = ~base,
                                         data = data.frame(psu = psu, stratum = stratum, base = base), nest = TRUE), type = "JKn")
  repeated <- withReplicates(replicates, function(rw, frame) {
    if (length(margins)) {
      keep <- rw > 0; d <- svydesign(id = ~1, weights = rw[keep], data = data[keep, ])
      rw[keep] <- weights(calibrate(d, reformulate(names(margins)), margin_totals(data, margins, weight),
                                    calfun = "raking", epsilon = 1e-10, maxit = 500))
    }
    u <- rw[held]; b <- glm.fit(x, inside[[outcome]], weights = u / mean(u), family = quasibinomial())$coefficients
    again <- fit; again$coefficients <- b
    marginal(again, inside, u, terms, by_hand)$values
  })
  line <- svyglm(reformulate(terms, steps), part)
  y <- inside[[steps]]; xs <- x[, -1, drop = FALSE]
  exact <- ordinal_by_hand(xs, y, w)
  ordinal_covariance <- spread(rows_of(exact$influence, held), design)
  olr <- svyolr(reformulate(terms, "ordered"), part, control = list(reltol = 1e-14, maxit = 2000))
  first_columns <- seq_len(length(first) - 1)
  paste0("\"", name, "\":", object(
    terms = paste0("{", paste0("\"", terms, "\":", sapply(terms, function(t) text(levels(data[[t]]))), collapse = ","), "}"),
    data = object(
      stratum = text(stratum), psu = text(psu), weight = vector(weight), base_weight = vector(base),
      outcome = vector(data[[outcome]]), steps = vector(data[[steps]]),
      margins = if (length(margins)) paste0("{", paste0("\"", names(margins), "\":", sapply(margins, text), collapse = ","), "}") else "{}",
      factors = paste0("{", paste0("\"", terms, "\":", sapply(terms, function(t) vector(as.numeric(data[[t]]) - 1)), collapse = ","), "}")),
    answer = object(
      degf = degf(part), logistic = vector(coef(fit)), logistic_se = vector(SE(fit)),
      effects = vector(effects$values), effects_se = vector(sqrt(diag(spread(rows_of(effects$influence, held), design)))),
      tests = paste0("[", paste(sapply(tests, vector), collapse = ","), "]"),
      predmeans = vector(predmeans[1, ]), predmeans_se = vector(predmeans[2, ]), jackknife_se = vector(sqrt(diag(attr(repeated, "var")))),
      linear = vector(coef(line)), linear_se = vector(SE(line)),
      ordinal = vector(exact$theta), ordinal_se = vector(sqrt(diag(ordinal_covariance))),
      svyolr = vector(c(olr$coefficients, olr$zeta)), svyolr_se = vector(sqrt(diag(vcov(olr)))),
      brant = vector(brant(xs, y, design, held, w, seq_len(ncol(xs)))),
      brant_first = vector(brant(xs, y, design, held, w, first_columns)))))
}
margin_totals <- function(data, margins, weight) {
  totals <- sum(weight); names(totals) <- "(Intercept)"
  for (m in names(margins)) {
    levels <- levels(data[[m]]); sums <- tapply(weight, data[[m]], sum)[levels[-1]]
    totals <- c(totals, structure(as.vector(sums), names = paste0(m, levels[-1])))
  }
  totals
}
prepared <- function(data) {
  data$target <- as.numeric(data$api00 > 660)
  data$poor <- factor(ifelse(data$meals > 50, "many", "few"), levels = c("few", "many"))
  data$movers <- factor(ifelse(data$mobility > 15, "many", "few"), levels = c("few", "many"))
  data$grade <- as.integer(cut(data$full, c(-1, 80, 92, 98, 101)))
  data$growth[data$growth < 0] <- NA  # a few rows are left out of every model: a domain
  data$steps <- ifelse(is.na(data$growth), NA, data$grade)
  data$stype <- factor(data$stype, levels = c("E", "M", "H"))
  data$wide <- data$sch.wide
  data
}
rake <- function(design, data) {
  of <- function(v) { t <- table(apipop[[v]]); structure(as.vector(t), names = names(t)) }
  s <- of("stype"); w <- of("sch.wide")
  population <- c(`(Intercept)` = nrow(apipop), stypeM = s[["M"]], stypeH = s[["H"]], wideYes = w[["Yes"]])
  calibrate(design, ~ stype + wide, population, calfun = "raking", epsilon = 1e-13, maxit = 500)
}
a <- prepared(apistrat); b <- prepared(apiclus2)
strat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = a)
clus <- svydesign(id = ~dnum, weights = ~pw, data = b)
school <- c("stype", "poor", "movers")
# Adults, and a few of the young, who are in no age group and so outside the domain.
n <- nhanes[nhanes$agecat != "(0,19]" | seq_len(nrow(nhanes)) %% 25 == 0, ]
n <- n[seq_len(nrow(n)) %% 3 == 0, ]
n$race <- factor(n$race); n$agecat <- factor(ifelse(n$agecat == "(0,19]", NA, as.character(n$agecat)), levels = c("(19,39]", "(39,59]", "(59,Inf]")); n$sex <- factor(n$RIAGENDR)
# Made-up steps: an ordinal answer that follows from age, race and cholesterol, with a fixed rough edge.
n$steps <- 1 + (as.integer(n$agecat) + 3 * n$HI_CHOL + (seq_len(nrow(n)) * 7) %% 13) %/% 4
n$steps <- pmin(n$steps, 4)
health <- svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = n)
sums <- function(v, factor) { t <- tapply(n$WTMEC2YR, n[[v]], sum); t * factor * sum(t) / sum(t * factor) }
r <- sums("race", c(1.1, 0.9, 1, 1.05)); g <- sums("sex", c(0.97, 1.03))
population <- c(sum(r), r[-1], g[-1]); names(population) <- c("(Intercept)", paste0("race", names(r)[-1]), "sex2")
raked <- calibrate(health, ~ race + sex, population, calfun = "raking", epsilon = 1e-13, maxit = 500)
place <- paste(n$SDMVSTRA, n$SDMVPSU)
person <- c("agecat", "race", "sex")
schools <- function(data) list(stype = data$stype, wide = data$wide)
cat("{", paste(c(
  case("stratified", strat, a, "target", school, "steps", a$stype, seq_len(nrow(a)), a$pw, list()),
  case("stratified_raked", rake(strat, a), a, "target", school, "steps", a$stype, seq_len(nrow(a)), a$pw, schools(a)),
  case("clustered", clus, b, "target", school, "steps", rep("all", nrow(b)), b$dnum, b$pw, list()),
  case("health", health, n, "HI_CHOL", person, "steps", n$SDMVSTRA, place, n$WTMEC2YR, list()),
  case("health_raked", raked, n, "HI_CHOL", person, "steps", n$SDMVSTRA, place, n$WTMEC2YR, list(race = n$race, sex = n$sex))
), collapse = ",\n"), "}\n")
