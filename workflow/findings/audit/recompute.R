# One number again by R survey: `findings.audit.recompute_r` pipes options and respondents in, and reads numbers back.
# Input: lines `option=value`, an empty line, then a table: sample, base, stratum, psu, ssu, fpc1, fpc2, cell1 …,
# target1 … (the population's total of the respondent's cell), y1 …, d1 … (who is in the domain). It stays in memory.
# The package is loaded before anything is read: meanwhile the other side still prepares what it will send.
suppressPackageStartupMessages(library(survey))
lines <- readLines(file("stdin"), encoding = "UTF-8")
empty <- which(lines == "")[1]
options_ <- sub("^[^=]*=", "", lines[seq_len(empty - 1)])
names(options_) <- sub("=.*", "", lines[seq_len(empty - 1)])
opt <- function(name, default = "") if (name %in% names(options_)) options_[[name]] else default
numbers <- function(name) as.numeric(strsplit(opt(name), ",")[[1]])
every <- read.csv(text = lines[-seq_len(empty)], colClasses = "character", na.strings = "")
coded <- grepl("^(sample|stratum|psu|ssu|cell[0-9]+|answer|group|f_.*)$", names(every))
every[!coded] <- lapply(every[!coded], as.numeric)
options(survey.lonely.psu = c(error = "fail")[opt("singletons")])
if (opt("singletons") != "error") options(survey.lonely.psu = opt("singletons"))
weighting <- opt("weighting"); certain <- opt("uncertainty") == "no"
calibrated <- weighting %in% c("calibrated", "trimmed")

# Raking to the margins: R's calibrate, from the base weights; trimmed ones again and again, until both hold.
margins_of <- function(d) {
  cells <- grep("^cell", names(d), value = TRUE)
  Filter(function(name) length(unique(d[[name]])) > 1, cells)
}
raked <- function(design) {
  d <- design$variables; cells <- margins_of(d)
  population <- c("(Intercept)" = sum(d$base))
  for (name in cells) {
    known <- unique(data.frame(cell = as.character(d[[name]]), target = d[[sub("cell", "target", name)]]))
    known <- known[match(levels(d[[name]]), known$cell), ]
    population <- c(population, setNames(known$target[-1], paste0(name, known$cell[-1])))
  }
  calibrate(design, reformulate(cells), population, calfun = "raking", epsilon = 1e-13, maxit = 500)
}
trimmed <- function(design, start) {
  limits <- numbers("trim") * mean(weights(start)); w <- weights(start)
  for (round in 1:100) {
    if (all(w >= limits[1] * (1 - 1e-6) & w <= limits[2] * (1 + 1e-6))) break
    clipped <- svydesign(ids = ~1, weights = pmin(pmax(w, limits[1]), limits[2]), data = design$variables)
    w <- weights(raked(clipped))
  }
  # The standard errors are those of the calibration from the base weights.
  start$prob <- 1 / w
  start$postStrata[[1]]$w <- w / sqrt(weights(design))
  start
}
sampled <- function(d) {
  for (name in margins_of(d)) d[[name]] <- factor(d[[name]])
  if (weighting == "none") d$base <- 1
  two <- any(!is.na(d$fpc2)); one <- any(!is.na(d$fpc1))
  design <- if (certain) svydesign(ids = ~1, weights = ~base, data = d) else svydesign(
    ids = if (two) ~ psu + ssu else ~psu, strata = ~stratum, weights = ~base, data = d, nest = TRUE,
    fpc = if (two && one) ~ fpc1 + fpc2 else if (one) ~fpc1 else NULL)
  if (calibrated) {
    design_raked <- raked(design)
    design <- if (weighting == "trimmed") trimmed(design, design_raked) else design_raked
  }
  design
}

freedom <- function(design, held) if (certain) NA else degf(subset(design, held))
limits_t <- function(x, se, df) x + c(-1, 1) * qt(0.975, df) * se
korn_graubard <- function(p, se, n, df) {
  if (is.na(df) || df <= 0 || n <= 1) return(c(NA, NA))
  size <- if (p <= 0 || p >= 1 || se == 0) n else min(p * (1 - p) / se^2, n)
  size <- min(size * (qt(0.975, n - 1) / qt(0.975, df))^2, n); x <- p * size
  c(if (x <= 0) 0 else qbeta(0.025, x, size - x + 1), if (x >= size) 1 else qbeta(0.975, x + 1, size - x))
}
logit <- function(p, se, df) if (p <= 0 || p >= 1 || df <= 0) c(NA, NA) else
  plogis(qlogis(p) + c(-1, 1) * qt(0.975, df) * se / (p * (1 - p)))
tested <- function(x, se, df) {
  se <- ifelse(se^2 <= 1e-24, 0, se)
  c(ci = limits_t(x, se, df), test_value = x / se, p = 2 * pt(-abs(x / se), df), detectable = (qnorm(0.975) + qnorm(0.8)) * se)
}
# A calibrated design keeps the rows outside a domain, with no weight: their values may not be NA.
mean_in <- function(design, y, held) {
  part <- subset(update(design, y_ = ifelse(held, y, 0)), held)
  m <- svymean(~y_, part)
  c(as.vector(coef(m)), if (certain) NA else as.vector(SE(m)))
}
# Sums of the parts of one design, and the delta method over them: their covariance is in it.
contrast <- function(design, parts, signs, ratio = FALSE) {
  for (j in seq_along(parts)) {
    design$variables[[paste0("top", j)]] <- ifelse(parts[[j]]$held, parts[[j]]$y, 0)
    design$variables[[paste0("of", j)]] <- as.numeric(parts[[j]]$held)
  }
  j <- seq_along(parts)
  sums <- svytotal(reformulate(c(paste0("top", j), paste0("of", j))), design)
  means <- paste0("(top", j, "/of", j, ")")
  text <- if (ratio) paste0(means[1], "/", means[2]) else paste0("(", signs, ")*", means, collapse = "+")
  one <- svycontrast(sums, parse(text = text)[[1]])
  c(as.vector(coef(one)), if (certain) NA else as.vector(SE(one)))
}

parts_of <- function(d, columns) lapply(columns, function(j) {
  y <- d[[paste0("y", j)]]
  list(y = y, held = d[[paste0("d", j)]] == 1 & !is.na(y))
})
any_of <- function(parts) Reduce(`|`, lapply(parts, `[[`, "held"))

share <- function(d) {
  design <- sampled(d); part <- parts_of(d, 1)[[1]]; n <- sum(part$held)
  found <- mean_in(design, part$y, part$held); p <- found[1]; se <- found[2]
  if (opt("of") != "mean") p <- min(max(p, 0), 1)
  made <- c(estimate = p, n = n)
  if (certain) return(made)
  df <- freedom(design, part$held)
  ci <- switch(opt("of"), mean = limits_t(p, se, df), logit = logit(p, se, df), korn_graubard(p, se, n, df))
  c(made, se = se, df = df, ci = ci)
}
difference <- function(d) {
  signs <- numbers("signs"); sides <- split(d, d$sample)
  # Which sample each part is of: all of one, one of each, or as it is said.
  of <- if (length(sides) == 1) list(seq_along(signs)) else
    if (opt("samples") != "") split(seq_along(signs), numbers("samples")) else as.list(seq_along(signs))
  found <- lapply(seq_along(sides), function(i) {
    parts <- parts_of(sides[[i]], of[[i]]); design <- sampled(sides[[i]]); held <- any_of(parts)
    c(contrast(design, parts, signs[of[[i]]], opt("ratio") == "yes"), freedom(design, held), sum(held))
  })
  value <- sum(sapply(found, `[`, 1)); n <- sapply(found, `[`, 4)
  n <- if (opt("n_of") == "") sum(n) else n[as.integer(opt("n_of"))]
  if (opt("fewer") == "yes") n <- min(sapply(parts_of(d, seq_along(signs)), function(part) sum(part$held)))
  if (certain) return(c(estimate = value, n = n))
  v <- sapply(found, `[`, 2)^2; df <- sapply(found, `[`, 3); se <- sqrt(sum(v))
  nu <- if (length(df) == 1) df else if (sum(v^2 / df) > 0) sum(v)^2 / sum(v^2 / df) else min(df)
  if (opt("ratio") == "yes") return(c(estimate = value, n = n, se = se, df = nu))
  c(estimate = value, n = n, se = se, df = nu, tested(value, se, nu))
}
total <- function(d) {
  design <- sampled(d); part <- parts_of(d, 1)[[1]]
  found <- svytotal(~y_, update(design, y_ = ifelse(part$held, part$y, 0)))
  df <- freedom(design, part$held); x <- as.vector(coef(found)); se <- as.vector(SE(found))
  c(estimate = x, se = se, df = df, n = sum(part$held), ci = limits_t(x, se, df))
}
middle <- function(d) {
  design <- sampled(d); part <- parts_of(d, 1)[[1]]
  inside <- subset(update(design, y_ = ifelse(part$held, part$y, 0)), part$held)
  made <- c(n = sum(part$held)); df <- freedom(design, part$held)
  if (certain || df < 1) return(c(made, estimate = as.vector(svyquantile(~y_, inside, 0.5, ci = FALSE)$y_[1])))
  # survey 4.1 returns the second smallest value where the share is below that of the smallest: its limits are not
  # asked for then.
  found <- as.vector(svyquantile(~y_, inside, 0.5, df = df)$y_)
  c(made, estimate = found[1], df = df, if (all(is.finite(found))) c(ci = found[2:3], se = found[4]))
}
bounds <- function(d) {
  design <- sampled(d); parts <- parts_of(d, 1:3)
  point <- mean_in(design, parts[[1]]$y, parts[[1]]$held)
  sides <- lapply(parts[2:3], function(part) mean_in(design, part$y, part$held))
  low <- sides[[1]]; high <- sides[[2]]
  made <- c(estimate = point[1], n = sum(parts[[1]]$held), bound_low = low[1], bound_high = high[1])
  if (certain) return(made)
  df <- freedom(design, parts[[2]]$held); se <- max(low[2], high[2]); width <- high[1] - low[1]
  if (df <= 0) return(c(made, df = df))
  c_ <- if (se <= 0) qt(0.95, df) else
    uniroot(function(c) pt(c + width / se, df) - pt(-c, df) - 0.95, c(0, 20), tol = 1e-14)$root
  c(made, df = df, ci = c(max(low[1] - c_ * low[2], 0), min(high[1] + c_ * high[2], 1)))
}
table_test <- function(d) {
  design <- sampled(d); held <- !is.na(d$answer) & !is.na(d$group)
  design$variables$answer <- factor(ifelse(held, d$answer, d$answer[held][1]))
  design$variables$group <- factor(ifelse(held, d$group, d$group[held][1]))
  part <- subset(design, held); n <- sum(held)
  p <- prop.table(svytable(~ answer + group, part)); p <- p[rowSums(p) > 0, colSums(p) > 0]
  expected <- outer(rowSums(p), colSums(p)); v <- sqrt(sum((p - expected)^2 / expected) / (min(dim(p)) - 1))
  if (certain) return(c(estimate = v, n = n))
  test <- svychisq(~ answer + group, part, statistic = "F"); df <- freedom(design, held)
  f <- as.vector(test$statistic); df1 <- as.vector(test$parameter[1])
  c(estimate = v, n = n, test_value = f, df1 = df1, df = df, p = pf(f, df1, df1 * df, lower.tail = FALSE))
}
# A point of a specification curve: limits of a gap recovered from those of its two shares (Zou and Donner 2008).
point <- function(d) {
  signs <- numbers("signs"); parts <- parts_of(d, seq_along(signs)); design <- sampled(d); method <- opt("interval")
  whole <- if (length(signs) == 1) mean_in(design, parts[[1]]$y, parts[[1]]$held) else contrast(design, parts, signs)
  made <- c(estimate = whole[1], n = sum(sapply(parts, function(part) sum(part$held))))
  if (certain) return(made)
  se <- whole[2]; df <- freedom(design, any_of(parts)); effect <- whole[1] - as.numeric(opt("threshold", "0"))
  made <- c(made, se = se, df = df)
  if (method == "t")
    return(c(made, ci = limits_t(whole[1], se, df), test_value = effect / se, p = 2 * pt(-abs(effect / se), df)))
  each <- lapply(parts, function(part) {
    m <- mean_in(design, part$y, part$held); freedom_ <- freedom(design, part$held)
    c(m, if (method == "logit") logit(m[1], m[2], freedom_) else korn_graubard(m[1], m[2], sum(part$held), freedom_))
  })
  if (length(each) == 1) return(c(made, ci = each[[1]][3:4]))
  a <- each[[1]]; b <- each[[2]]
  r <- if (a[2] > 0 && b[2] > 0) min(max((a[2]^2 + b[2]^2 - se^2) / (2 * a[2] * b[2]), -1), 1) else 0
  below <- c(a[1] - a[3], b[4] - b[1]); above <- c(a[4] - a[1], b[1] - b[3])
  reach <- function(x) sqrt(max(x[1]^2 - 2 * r * x[1] * x[2] + x[2]^2, 0))
  c(made, ci = c(a[1] - b[1] - reach(below), a[1] - b[1] + reach(above)))
}
ranked <- function(d) {
  design <- sampled(d); count <- sum(grepl("^y[0-9]+$", names(d))); parts <- parts_of(d, seq_len(count))
  value <- sapply(parts, function(part) mean_in(design, part$y, part$held)[1])
  c(estimate = 1 + sum(value > value[1]), n = sum(parts[[1]]$held))
}
counted <- function(d) { part <- parts_of(d, 1)[[1]]; n <- sum(part$y[part$held]) + as.numeric(opt("plus", "0")); c(estimate = n, n = n) }
# The share of the margin's people that are in a group; y1 marks the group's cells.
population <- function(d) {
  cells <- unique(data.frame(cell = d$cell1, target = d$target1, own = d$y1))
  c(estimate = sum(cells$target[cells$own == 1]) / sum(cells$target))
}
alpha <- function(d) {
  x <- as.matrix(d[grepl("^y[0-9]+$", names(d))]); x <- x[complete.cases(x), , drop = FALSE]; k <- ncol(x)
  item <- as.integer(opt("item", "0"))
  estimate <- if (item) cor(x[, item], rowSums(x[, -item, drop = FALSE])) else k / (k - 1) * (1 - sum(apply(x, 2, var)) / var(rowSums(x)))
  c(estimate = estimate, n = nrow(x))
}
if (opt("kind") == "model") source(opt("models"))
made <- get(opt("kind"))(every)
if (opt("family") != "") made <- c(made, p_adjusted = p.adjust(numbers("family"), opt("correction"))[as.integer(opt("place"))])
names(made) <- sub("^ci\\.?1$", "ci_low", sub("^ci\\.?2$", "ci_high", names(made)))
cat(paste0(names(made), "=", formatC(as.vector(made), digits = 17, format = "g")), sep = "\n")
