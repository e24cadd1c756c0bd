## Errors of importance shares over PSUs, with R survey and the split of R2 written out: Rscript make_expected.R <oracle folder>
suppressPackageStartupMessages({library(survey); library(jsonlite)})
dir <- commandArgs(trailingOnly = TRUE)[1]; RNGkind("Mersenne-Twister", "Inversion", "Rejection"); set.seed(20261121)
options(survey.lonely.psu = "remove")  # a stratum with one PSU contributes nothing
x <- read.csv(file.path(dir, "inputs.csv")); items <- sprintf("q%02d", 1:18)
FACT <- list(F1 = items[1:4], F2 = items[5:9], F3 = items[10:14], F4 = items[15:18])
for (f in names(FACT)) x[[f]] <- rowMeans(x[FACT[[f]]], na.rm = TRUE)
ok <- complete.cases(x[c("overall", names(FACT))])
k <- length(FACT); subsets <- as.matrix(expand.grid(rep(list(c(FALSE, TRUE)), k)))
shares <- function(w, data) {
  keep <- ok & w > 0; r <- cov.wt(as.matrix(data[keep, c("overall", names(FACT))]), wt = w[keep] / sum(w[keep]), cor = TRUE, method = "ML")$cor
  r2 <- apply(subsets, 1, function(b) if (!any(b)) 0 else { i <- which(b) + 1; drop(r[1, i] %*% solve(r[i, i], r[i, 1])) })
  s <- sapply(1:k, function(j) sum(sapply(which(!subsets[, j]), function(a) { z <- sum(subsets[a, ]); factorial(z) * factorial(k - 1 - z) / factorial(k) * (r2[a + 2^(j - 1)] - r2[a]) })))
  m <- sapply(names(FACT), function(f) weighted.mean(data[[f]], w, na.rm = TRUE))
  c(s / sum(s), m)
}
d <- svydesign(id = ~psu, strata = ~district, weights = ~weight, data = x, nest = TRUE)
jk <- withReplicates(as.svrepdesign(d, type = "JKn"), shares)
## as.svrepdesign(type = "subbootstrap") gives NaN for a stratum with one PSU: Rao and Wu's rescaled bootstrap written out
psus <- split(as.character(x$psu), x$district); psus <- lapply(psus, unique)
bo <- t(replicate(2000, { f <- unlist(unname(lapply(psus, function(p) { n <- length(p); if (n == 1) setNames(1, p) else
  setNames(tabulate(sample.int(n, n - 1, TRUE), n) * n / (n - 1), p) }))); shares(x$weight * f[as.character(x$psu)], x) }))
q <- apply(bo[, 1:k], 2, quantile, c(0.025, 0.975))
out <- data.frame(driver = names(FACT), share = as.numeric(coef(jk))[1:k], performance = as.numeric(coef(jk))[k + 1:k], se_jackknife = as.numeric(SE(jk))[1:k],
  se_bootstrap = apply(bo, 2, sd)[1:k], low = q[1, ], high = q[2, ], performance_se_jackknife = as.numeric(SE(jk))[k + 1:k])
write(toJSON(list(meta = list(R = R.version.string, survey = as.character(packageVersion("survey"))), rows = out), digits = NA, auto_unbox = TRUE), "")
