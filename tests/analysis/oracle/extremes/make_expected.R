## Reference numbers for inputs.csv with R survey (>= 4.1): Rscript make_expected.R <folder>
suppressPackageStartupMessages({library(survey); library(jsonlite)})
dir <- commandArgs(trailingOnly = TRUE)[1]
options(survey.lonely.psu = "average", survey.adjust.domain.lonely = FALSE)
x <- read.csv(file.path(dir, "inputs.csv"), colClasses = "character", encoding = "UTF-8")
for (v in c("weight", "N_h")) x[[v]] <- as.numeric(x[[v]])
for (v in c("q01", "q02", "overall")) { a <- suppressWarnings(as.numeric(x[[v]])); a[!(a %in% 1:5)] <- NA; x[[v]] <- as.numeric(a >= 4) }
x$service <- factor(x$service); x$gender <- factor(x$gender)
mg <- read.csv(file.path(dir, "margins.csv"), colClasses = c(level = "character"), encoding = "UTF-8")
pop <- c("(Intercept)" = 10000)
for (v in c("service", "gender")) { k <- mg[mg$margin == v, ]; L <- levels(x[[v]])[-1]; pop <- c(pop, setNames(k$count[match(L, k$level)], paste0(v, L))) }
DES <- list(with_replacement = svydesign(id = ~psu, strata = ~district, weights = ~weight, data = x, nest = TRUE),
  finite_population = svydesign(id = ~psu, strata = ~district, weights = ~weight, fpc = ~N_h, data = x, nest = TRUE))
## as prop() of the reference set: no rate of fewer than two answers; no interval at 0 % and 100 %
prop <- function(v, des) { d <- des[!is.na(des$variables[[v]]), ]; d$variables[[v]][is.na(d$variables[[v]])] <- 0
  n <- sum(weights(d) != 0); r <- list(n = n, est = NA, se = NA, df = NA, mean = c(NA, NA), logit = c(NA, NA)); if (n < 2) return(r)
  m <- svymean(as.formula(paste0("~", v)), d); p <- coef(m)[[1]]; se <- sqrt(vcov(m)[1, 1]); if (!is.na(se) && se < 1e-12) se <- 0
  r$est <- p; r$se <- se; r$df <- degf(d)
  if (r$df > 0 && p > 1e-12 && p < 1 - 1e-12 && !is.na(se)) { t <- qt(.975, r$df); r$mean <- p + c(-1, 1) * t * se; r$logit <- plogis(qlogis(p) + c(-1, 1) * t * se / (p * (1 - p))) }
  r }
rows <- list()
for (dn in names(DES)) for (cal in c("none", "linear", "raking")) {
  des <- DES[[dn]]
  if (cal != "none") { des <- des[x$weight > 0, ]; des$call <- quote(svydesign())
    des <- if (cal == "linear") calibrate(des, ~service + gender, pop) else calibrate(des, ~service + gender, pop, calfun = "raking", epsilon = 1e-11, maxit = 200) }
  y <- des$variables
  for (g in list(character(0), "service", "district", c("district", "gender"), c("district", "gender", "service"))) {
    key <- if (length(g)) do.call(paste, c(y[g], sep = "|")) else rep("", nrow(y))
    for (l in unique(key)) for (v in c("q01", "q02", "overall"))
      rows[[length(rows) + 1]] <- c(list(variance = dn, calibration = cal, by = I(g), level = l, variable = v), prop(v, des[key == l, ])) } }
write_json(list(meta = list(R = R.version.string, survey = as.character(packageVersion("survey"))), rows = rows),
  file.path(dir, "expected.json"), digits = NA, na = "null", null = "null", auto_unbox = TRUE)
