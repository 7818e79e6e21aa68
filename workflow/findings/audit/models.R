# Associations again in R: coefficients by glm.fit and MASS-free Newton steps, influence values by their formulas, and
# survey's svytotal for their covariance; recompute.R sources it. Respondents are rows; y1 … are the units' outcomes
# (ministries or services), f_1 … the factors of all blocks, in order, of which the first `terms` are in the model.
spread <- function(z, design) {
  names <- paste0("z", seq_len(ncol(z)))
  for (i in seq_along(names)) design$variables[[names[i]]] <- z[, i]
  vcov(svytotal(reformulate(names), design))
}
logit_influence <- function(x, y, w, beta) {
  mu <- plogis(as.vector(x %*% beta))
  (x * (y - mu)) %*% solve(crossprod(x, x * (w * mu * (1 - mu))))
}
logit_fit <- function(x, y, w) {
  beta <- glm.fit(x, y, weights = w / mean(w), family = quasibinomial(), control = list(epsilon = 1e-15, maxit = 100))$coefficients
  list(beta = beta, influence = logit_influence(x, y, w, beta))
}
ordinal_fit <- function(x, y, w) {
  p <- ncol(x); k <- max(y); cuts <- k - 1
  up <- outer(y, seq_len(cuts), "==") * 1; low <- outer(y - 1, seq_len(cuts), "==") * 1
  share <- cumsum(tapply(w, factor(y, levels = seq_len(k)), sum))[seq_len(cuts)] / sum(w)
  theta <- c(rep(0, p), qlogis(share))
  for (step in 1:200) {
    zeta <- c(-Inf, theta[p + seq_len(cuts)], Inf); eta <- as.vector(x %*% theta[seq_len(p)])
    Fu <- plogis(zeta[y + 1] - eta); Fl <- plogis(zeta[y] - eta); pr <- Fu - Fl
    fu <- Fu * (1 - Fu); fl <- Fl * (1 - Fl); du <- cbind(-x, up); dl <- cbind(-x, low)
    score <- (fu * du - fl * dl) / pr
    hessian <- crossprod(du, du * (w * fu * (1 - 2 * Fu) / pr)) - crossprod(dl, dl * (w * fl * (1 - 2 * Fl) / pr)) -
      crossprod(score, score * w)
    move <- solve(-hessian, colSums(w * score)); theta <- theta + move
    if (max(abs(move)) < 1e-13) break
  }
  list(beta = theta, influence = score %*% solve(-hessian), likelihood = sum(w * log(pr)))
}
wald <- function(b, v, df, adjusted) {
  k <- length(b); rest <- if (adjusted) df - k + 1 else df
  f <- as.vector(t(b) %*% solve(v, b)) / k * (rest / df)
  c(test_value = f, df1 = k, p = pf(f, k, rest, lower.tail = FALSE))
}
model <- function(d) {
  design <- sampled(d); w_all <- weights(design); kind <- opt("model"); unit <- strsplit(opt("units"), ",")[[1]]
  factors <- grep("^f_", names(d), value = TRUE); levels_ <- lapply(strsplit(opt("levels"), ";")[[1]], function(x) strsplit(x, ",")[[1]])
  stacked <- do.call(rbind, lapply(seq_along(unit), function(u) data.frame(person = seq_len(nrow(d)), y = d[[paste0("y", u)]], unit = unit[u], d[factors])))
  stacked <- stacked[complete.cases(stacked), ]
  if (opt("unit_levels") != "") { levels_ <- c(list(strsplit(opt("unit_levels"), ",")[[1]]), levels_); factors <- c("unit", factors) }
  shown <- seq_len(as.integer(opt("terms"))); names_ <- strsplit(opt("names"), ",")[[1]][shown]
  place <- sapply(shown, function(i) match(stacked[[factors[i]]], levels_[[i]]))
  x <- matrix(1, nrow(stacked), 1); of <- NULL
  for (i in shown) for (l in seq_along(levels_[[i]])[-1]) {
    x <- cbind(x, as.numeric(place[, i] == l)); of <- rbind(of, data.frame(term = names_[i], level = levels_[[i]][l], factor = i))
  }
  w <- w_all[stacked$person]; y <- stacked$y; step <- match(y, sort(unique(y)))
  held <- seq_len(nrow(d)) %in% stacked$person; df <- freedom(design, held)
  by_person <- function(z) { whole <- matrix(0, nrow(d), ncol(z)); sums <- rowsum(z, stacked$person); whole[as.integer(rownames(sums)), ] <- sums; whole }
  if (kind == "linear") {
    a <- crossprod(x, x * w); beta <- solve(a, crossprod(x, w * y)); fitted <- as.vector(x %*% beta)
    fit <- list(beta = as.vector(beta), influence = (x * (y - fitted)) %*% solve(a))
  } else if (kind == "logistic") fit <- logit_fit(x, y, w) else fit <- ordinal_fit(x[, -1, drop = FALSE], step, w)
  shift <- as.integer(kind == "ordinal"); slopes <- seq_len(nrow(of)) + 1 - shift
  v <- spread(by_person(fit$influence), design)
  made <- c(n = length(unique(stacked$person)), df = df)
  wanted <- of$term == opt("term"); statistic <- opt("statistic")
  if (statistic == "f_test" && opt("of") == "proportional_odds") {
    cuts <- max(step) - 1; p <- nrow(of); b <- NULL; z <- NULL
    for (cut in seq_len(cuts)) { one <- logit_fit(x, as.numeric(step > cut), w); b <- c(b, one$beta[-1]); z <- cbind(z, one$influence[, -1]) }
    columns <- if (opt("term") == "model") seq_len(p) else which(wanted); g <- NULL
    for (cut in 2:cuts) for (column in columns) { row <- rep(0, length(b)); row[column] <- 1; row[(cut - 1) * p + column] <- -1; g <- rbind(g, row) }
    test <- wald(as.vector(g %*% b), g %*% spread(by_person(z), design) %*% t(g), df, TRUE)
    return(c(made, estimate = test[["test_value"]], test))
  }
  if (statistic == "f_test") {
    test <- wald(fit$beta[slopes][wanted], v[slopes[wanted], slopes[wanted], drop = FALSE], df, FALSE)
    return(c(made, estimate = test[["test_value"]], test))
  }
  if (statistic == "pseudo_r2") {
    test <- wald(fit$beta[slopes], v[slopes, slopes, drop = FALSE], df, TRUE); mean_ <- sum(w * y) / sum(w)
    share <- switch(kind,
      linear = 1 - sum(w * (y - fitted)^2) / sum(w * (y - mean_)^2),
      logistic = { mu <- plogis(as.vector(x %*% fit$beta))
        1 - sum(w * log(ifelse(y == 1, mu, 1 - mu))) / sum(w * log(ifelse(y == 1, mean_, 1 - mean_))) },
      ordinal = 1 - fit$likelihood / sum(w * log((tapply(w, step, sum) / sum(w))[step])))
    return(c(made, estimate = share, test))
  }
  column <- which(wanted & of$level == opt("level"))
  if (statistic != "average_marginal_effect") {
    value <- fit$beta[slopes[column]]; se <- sqrt(v[slopes[column], slopes[column]])
  } else {
    same <- which(of$term == opt("term")) + 1; zero <- x; zero[, same] <- 0; one <- zero; one[, column + 1] <- 1
    if (kind == "ordinal") {
      p <- nrow(of); cut <- p + sum(sort(unique(y)) < as.numeric(opt("at_least")))
      chance <- function(x) plogis(as.vector(x[, -1, drop = FALSE] %*% fit$beta[seq_len(p)]) - fit$beta[cut])
      slope <- function(x, mu) { g <- matrix(0, nrow(x), length(fit$beta)); g[, seq_len(p)] <- x[, -1] * (mu * (1 - mu)); g[, cut] <- -mu * (1 - mu); g }
    } else {
      chance <- function(x) plogis(as.vector(x %*% fit$beta)); slope <- function(x, mu) x * (mu * (1 - mu))
    }
    p1 <- chance(one); p0 <- chance(zero); value <- sum(w * (p1 - p0)) / sum(w)
    gradient <- colSums(w * (slope(one, p1) - slope(zero, p0))) / sum(w)
    z <- (p1 - p0 - value) / sum(w) + fit$influence %*% gradient
    se <- sqrt(spread(by_person(z), design)[1, 1])
  }
  made <- c(made, estimate = value, se = se)
  if (statistic == "log_odds") return(c(made, ci = limits_t(value, se, df)))
  c(made, tested(value, se, df))
}
