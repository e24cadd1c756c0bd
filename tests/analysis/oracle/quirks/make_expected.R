## Reference numbers for inputs.csv with R survey (>= 4.1): Rscript make_expected.R <folder>
suppressPackageStartupMessages({library(survey); library(jsonlite)})
dir <- commandArgs(trailingOnly = TRUE)[1]
options(survey.lonely.psu = "adjust", survey.adjust.domain.lonely = FALSE)
x <- read.csv(file.path(dir, "inputs.csv"), stringsAsFactors = FALSE, colClasses = c(id = "character"))
ITEMS <- sprintf("q%02d", 1:6); FACT <- list(F1 = ITEMS[1:3], F2 = ITEMS[4:6])
for (v in c(ITEMS, "overall")) x[[paste0("s_", v)]] <- as.numeric(x[[v]] >= 4)
Q <- as.matrix(x[ITEMS]); x$ALL_sat <- rowSums(Q >= 4, na.rm = TRUE); x$ALL_ans <- rowSums(!is.na(Q))
x$all_sat <- ifelse(x$ALL_ans > 0, as.numeric(x$ALL_sat == x$ALL_ans), NA)
for (f in names(FACT)) { m <- rowMeans(Q[, FACT[[f]]], na.rm = TRUE); m[is.nan(m)] <- NA; x[[paste0(f, "_mean")]] <- m }
## survey 4.1 leaves the one respondent of a PSU uncentred at the second stage; 4.5 counts 0 there, as a census of it does
one <- ave(rep(1, nrow(x)), x$district, x$psu, FUN = sum) == 1; x$M2 <- ifelse(one, 1, x$M_hi)
wr <- svydesign(id = ~psu, strata = ~district, weights = ~weight, data = x, nest = TRUE)
fpc2 <- svydesign(id = ~psu + id, strata = ~district, weights = ~weight, fpc = ~N_h + M2, data = x, nest = TRUE)
DES <- list(wr = wr, fpc2 = fpc2)
kg <- function(p, se, n, df) { if (is.na(p) || df <= 0 || n < 1) return(c(NA, NA))
  t2 <- if (n > 1) (qt(.975, n - 1) / qt(.975, df))^2 else 1
  ne <- if (p <= 1e-12 || p >= 1 - 1e-12) n else if (se <= 0) return(c(NA, NA)) else min(n, p * (1 - p) / se^2 * t2)
  k <- ne * p; c(if (p <= 1e-12) 0 else qbeta(.025, k, ne - k + 1), if (p >= 1 - 1e-12) 1 else qbeta(.975, k + 1, ne - k)) }
num <- function(e) suppressWarnings(tryCatch(as.numeric(e), error = function(err) NA_real_))
prop <- function(v, des) { d <- des[!is.na(des$variables[[v]]), ]; n <- sum(weights(d) > 0); r <- list(n = n, n_rows = nrow(d$variables))
  if (n < 2) return(c(r, list(est = NA, se = NA, df = NA)))
  f <- as.formula(paste0("~", v)); m <- svymean(f, d); p <- coef(m)[[1]]; se <- sqrt(vcov(m)[1, 1]); if (se < 1e-12) se <- 0
  df <- degf(d); inner <- df > 0 && p > 1e-12 && p < 1 - 1e-12 && se > 0
  ci <- function(k) if (inner) num(attr(svyciprop(f, d, method = k, df = df), "ci")) else c(NA, NA)
  xl <- ci("xlogit"); be <- ci("beta"); k <- kg(p, se, n, df)
  c(r, list(est = p, se = se, df = df, deff_wor = if (se > 0) num(deff(svymean(f, d, deff = TRUE))) else NA, deff_wr = if (se > 0) num(deff(svymean(f, d, deff = "replace"))) else NA,
    xlogit_lo = xl[1], xlogit_hi = xl[2], beta_lo = be[1], beta_hi = be[2], kg_lo = k[1], kg_hi = k[2])) }
rows <- list()
for (dn in names(DES)) for (g in list(character(0), "service", "district", c("service", "district"), "quarter")) {
  des <- DES[[dn]]; key <- if (length(g)) interaction(x[g], drop = TRUE, sep = ":", lex.order = TRUE) else factor(rep("", nrow(x)))
  for (l in levels(key)) for (v in c("s_overall", "s_q01", "s_q05", "all_sat"))
    rows[[length(rows) + 1]] <- c(list(design = dn, domain = paste(g, collapse = ":"), level = l, variable = v), prop(v, des[key == l, ])) }
ratios <- list()
for (dn in names(DES)) for (g in list(character(0), "service", "district")) {
  des <- DES[[dn]]; key <- if (length(g)) interaction(x[g], drop = TRUE) else factor(rep("", nrow(x)))
  for (l in levels(key)) { d <- des[key == l & x$ALL_ans > 0, ]; r <- svyratio(~ALL_sat, ~ALL_ans, d); se <- SE(r)[[1]]; if (se < 1e-12) se <- 0
    ratios[[length(ratios) + 1]] <- list(design = dn, domain = paste(g, collapse = ":"), level = l, est = coef(r)[[1]], se = se, df = degf(d)) } }
pos <- wr[x$weight > 0, ]
chi <- lapply(c("F", "Chisq", "saddlepoint"), function(s) { r <- svychisq(~s_overall + service, wr[!is.na(x$s_overall) & x$weight > 0, ], statistic = s)
  list(statistic = s, value = r$statistic[[1]], p = r$p.value[[1]]) })
cc <- x$weight > 0 & complete.cases(x[c("overall", "F1_mean", "F2_mean")]); x$of <- factor(x$overall, levels = sort(unique(x$overall[cc])), ordered = TRUE)
d <- update(wr, of = x$of)[cc, ]; o <- svyolr(of ~ F1_mean + F2_mean, d, control = list(reltol = 1e-15, maxit = 2000))
olr <- list(n = sum(cc), coef = as.list(c(o$coefficients, o$zeta)), se = as.list(sqrt(diag(vcov(o)))))
b <- svyby(~s_overall, ~quarter, wr[!is.na(x$s_overall), ], svymean, covmat = TRUE)
con <- lapply(list(c("2", "1"), c("4", "1")), function(k) { r <- svycontrast(b, setNames(c(1, -1), k)); list(first = k[1], second = k[2], est = coef(r)[[1]], se = SE(r)[[1]]) })
pop <- list(service = data.frame(service = c("S1", "S2", "S3"), Freq = c(9000, 8000, 7000)), gender = data.frame(gender = c("F", "M"), Freq = c(13000, 11000)))
cal <- calibrate(pos, ~service + gender, c("(Intercept)" = 24000, serviceS2 = 8000, serviceS3 = 7000, genderM = 11000))
rk <- rake(pos, list(~service, ~gender), list(pop$service, pop$gender), control = list(maxit = 2000, epsilon = 1e-9))
weighted <- lapply(list(linear = cal, rake = rk), function(d) { d <- d[!is.na(d$variables$s_overall), ]; d$variables$s_overall[is.na(d$variables$s_overall)] <- 0
  m <- svymean(~s_overall, d); list(est = coef(m)[[1]], se = SE(m)[[1]]) })
alpha <- svycralpha(~q01 + q02 + q03, wr[complete.cases(x[ITEMS[1:3]]) & x$weight > 0, ])
write_json(list(meta = list(R = R.version.string, survey = as.character(packageVersion("survey"))), rates = rows, ratios = ratios, rao_scott = chi, svyolr = olr, contrasts = con, weighted = weighted, alpha_weighted = as.numeric(alpha)),
  file.path(dir, "expected.json"), digits = NA, na = "null", null = "null", auto_unbox = TRUE)
