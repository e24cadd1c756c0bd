## Confirmatory factor analyses of inputs.csv with lavaan: Rscript make_expected.R <folder>
suppressPackageStartupMessages({library(lavaan); library(jsonlite)})
dir <- commandArgs(trailingOnly = TRUE)[1]; x <- read.csv(file.path(dir, "inputs.csv"))
A <- "A =~ a1 + a2 + a3 + a4"; B <- "B =~ b1 + b2 + b3"; C <- "C =~ c1 + c2"
models <- list(
  three = list(c(A, B, C), 1:nrow(x)), one = list(A, 1:nrow(x)), two = list(c("A =~ a1 + a2 + a3", "B =~ b1 + b2"), 1:nrow(x)),
  misfiled = list(c("A =~ a1 + a2 + b1", "B =~ b2 + b3 + a3"), 1:nrow(x)), few = list(c(A, B), 1:60),
  exact = list("A =~ a1 + a2 + a3", 1:nrow(x)), heywood = list(c(A, C), 1:100))
fm <- c("chisq", "df", "cfi", "tli", "rmsea", "srmr", "chisq.scaled", "cfi.scaled", "tli.scaled", "rmsea.scaled")
run <- function(name, estimator) {
  m <- models[[name]]; text <- paste(m[[1]], collapse = "\n"); items <- lavNames(lavaanify(text, auto = TRUE), "ov")
  d <- x[m[[2]], items]; d <- d[complete.cases(d), ]
  f <- suppressWarnings(if (estimator == "MLR") cfa(text, d, std.lv = TRUE, estimator = "MLR")
    else cfa(text, d, ordered = items, std.lv = TRUE, estimator = "WLSMV"))
  if (!lavInspect(f, "converged")) return(list(model = name, estimator = estimator, n = nrow(d), rows = max(m[[2]]), proper = FALSE))
  s <- standardizedSolution(f); l <- s[s$op == "=~", ]; p <- s[s$op == "~~" & s$lhs != s$rhs, ]; u <- s[s$op == "~~" & s$lhs %in% items, ]
  proper <- suppressWarnings(lavInspect(f, "post.check")); v <- as.list(fitMeasures(f, fm)); v[is.na(unlist(v))] <- list(NULL)
  list(model = name, estimator = estimator, n = nrow(d), rows = max(m[[2]]), proper = proper, fit = v,
    loadings = data.frame(factor = l$lhs, item = l$rhs, est = l$est.std), unique = u$est.std,
    between = if (nrow(p)) data.frame(a = p$lhs, b = p$rhs, r = p$est.std) else list())
}
rows <- unlist(lapply(names(models), function(m) lapply(c("MLR", "WLSMV"), function(e) run(m, e))), recursive = FALSE)
write_json(list(meta = list(lavaan = as.character(packageVersion("lavaan")), R = R.version.string), rows = rows),
  file.path(dir, "expected.json"), digits = I(14), auto_unbox = TRUE, null = "null", pretty = TRUE)
