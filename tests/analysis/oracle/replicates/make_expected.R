## Replicate weights and the errors they give, with R survey: Rscript make_expected.R <folder>
suppressPackageStartupMessages({library(survey); library(jsonlite)})
dir <- commandArgs(trailingOnly = TRUE)[1]; RNGkind("Mersenne-Twister", "Inversion", "Rejection"); set.seed(20261121)
x <- expand.grid(row = 1:4, psu = 1:2, stratum = 1:6); n <- nrow(x)
x$w <- round(runif(n, 1, 9), 3); x$y <- rbinom(n, 1, plogis(0.4 + rnorm(12, 0, .8)[(x$stratum - 1) * 2 + x$psu])); x$g <- rep(c("a", "b", "b"), length.out = n)
x$a <- sample(1:5, n, TRUE); x$b <- sample(1:5, n, TRUE)
d <- svydesign(id = ~psu, strata = ~stratum, weights = ~w, data = x, nest = TRUE)
made <- list(BRR = as.svrepdesign(d, type = "BRR"), Fay = as.svrepdesign(d, type = "Fay", fay.rho = .3),
             JKn = as.svrepdesign(d, type = "JKn"), subbootstrap = as.svrepdesign(d, type = "subbootstrap", replicates = 40))
rows <- lapply(names(made), function(k) lapply(c(FALSE, TRUE), function(mse) { r <- made[[k]]; r$mse <- mse
  se <- function(v) as.numeric(SE(v)); w <- weights(r, "analysis")
  list(type = k, mse = mse, scale = r$scale, rscales = r$rscales, factors = unname(w / x$w),
    mean = se(svymean(~y, r)), domain = se(svymean(~y, r[x$g == "a", ])), total = se(svytotal(~y, r)), ratio = se(svyratio(~a, ~b, r)),
    covariance = unname(as.matrix(vcov(svymean(~y + a, r))))) }))
taylor <- list(mean = as.numeric(SE(svymean(~y, d))), total = as.numeric(SE(svytotal(~y, d))))
write_json(list(data = x, rows = unlist(rows, recursive = FALSE), taylor = taylor), file.path(dir, "expected.json"), digits = I(14), auto_unbox = TRUE, dataframe = "columns")
