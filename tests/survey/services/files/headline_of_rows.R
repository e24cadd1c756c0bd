# From a file of rows: the share of satisfied answers to q1 and q2 ("answers"), or of satisfied people at q1 ("share"),
# with standard error, logit interval and degrees of freedom.
suppressPackageStartupMessages(library(survey))
asked <- commandArgs(trailingOnly = TRUE)
rows <- read.csv(asked[1], fileEncoding = "UTF-8-BOM")
rows$answered <- rowSums(!is.na(rows[c("q1", "q2")]))
rows$satisfied <- rowSums(rows[c("q1", "q2")] >= 4, na.rm = TRUE)
rows$good <- rows$q1 >= 4
design <- svydesign(ids = ~cluster, strata = ~stratum, weights = ~weight, data = rows)
df <- degf(design)
if (asked[2] == "share") {
  found <- svyciprop(~good, subset(design, !is.na(q1)), method = "logit", df = df)
  p <- as.numeric(coef(found))
  figures <- c(p, as.numeric(SE(svymean(~good, subset(design, !is.na(q1))))[2]), as.numeric(confint(found)))
} else {
  found <- svyratio(~satisfied, ~answered, design)
  p <- as.numeric(coef(found))
  se <- as.numeric(SE(found))
  reach <- qt(0.975, df) * se / (p * (1 - p))
  figures <- c(p, se, plogis(qlogis(p) - reach), plogis(qlogis(p) + reach))
}
cat(format(c(figures, df), digits = 15))
