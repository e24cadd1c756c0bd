suppressPackageStartupMessages({library(survey); library(jsonlite)})
## Reference numbers for inputs.csv: Rscript make_expected.R <folder>. Needs survey (>= 4.1), jsonlite, polycor.
dir <- commandArgs(TRUE)[1]
## survey before 4.3 leaves the single PSU of a stratum uncentred under lonely.psu = "adjust"; from 4.3 on it is centred
## at the mean over all PSUs. With this the older version gives the newer one's numbers.
if (packageVersion("survey") < "4.3") { onestage_old <- survey:::onestage
  onestage_new <- function(x, strata, clusters, nPSU, fpc, lonely.psu = getOption("survey.lonely.psu"), stage = 0, cal) {
    if (NROW(x) > 0 && lonely.psu == "adjust" && any(nPSU == 1)) {
      centre <- colSums(x) / sum(nPSU[!duplicated(strata)])
      alone <- which(nPSU == 1); rows <- ave(rep(1, length(alone)), strata[alone], FUN = sum)
      x[alone, ] <- x[alone, , drop = FALSE] - outer(1 / rows, centre) }
    onestage_old(x, strata, clusters, nPSU, fpc, lonely.psu, stage, cal) }
  environment(onestage_new) <- list2env(list(onestage_old = onestage_old), parent = asNamespace("survey"))
  assignInNamespace("onestage", onestage_new, "survey") }
options(survey.lonely.psu="adjust", survey.adjust.domain.lonely=FALSE, warn=-1)
x <- read.csv(file.path(dir,"inputs.csv"), colClasses=c(psu="character",id="character"), na.strings=c("","NA"))
I <- sprintf("q%02d",1:8); FACT <- list(F1=I[1:4],F2=I[5:8])
for (v in c(I,"overall")) x[[v]][!(x[[v]] %in% 1:5)] <- NA
for (v in c(I,"overall")) x[[paste0("s_",v)]] <- as.numeric(x[[v]]>=4)
Q <- as.matrix(x[I])
G <- c(FACT,list(ALL=I))
for (f in names(G)) { q <- Q[,G[[f]],drop=FALSE]
  x[[paste0(f,"_sat")]] <- rowSums(q>=4,na.rm=TRUE); x[[paste0(f,"_ans")]] <- rowSums(!is.na(q)); x[[paste0(f,"_pts")]] <- rowSums(q,na.rm=TRUE)
  m <- x[[paste0(f,"_pts")]]/x[[paste0(f,"_ans")]]; m[is.nan(m)] <- NA; x[[paste0(f,"_mean")]] <- m; x[[paste0(f,"_top")]] <- as.numeric(m>=4)
  x[[paste0(f,"_all")]] <- ifelse(x[[paste0(f,"_ans")]]>0, as.numeric(x[[paste0(f,"_sat")]]==x[[paste0(f,"_ans")]]), NA) }
x$n_str <- ave(rep(1,nrow(x)),x$district,FUN=sum); x$N_el <- x$n_str*7
mk <- list(
 wr=function() svydesign(id=~psu,strata=~district,weights=~weight,data=x,nest=TRUE),
 fpc1=function() svydesign(id=~psu,strata=~district,weights=~weight,fpc=~N_h,data=x,nest=TRUE),
 fpc2=function() svydesign(id=~psu+id,strata=~district,weights=~weight,fpc=~N_h+M_hi,data=x,nest=TRUE),
 nostrata=function() svydesign(id=~interaction(district,psu),weights=~weight,data=x),
 srs=function() svydesign(id=~1,weights=~weight,data=x),
 element=function() svydesign(id=~1,strata=~district,weights=~weight,fpc=~N_el,data=x))
num <- function(e) { v <- tryCatch(as.numeric(e),error=function(err) NA_real_); if (length(v)==0) NA_real_ else v }
kg <- function(p,se,n,df,level=.95) { a <- 1-level; if (is.na(p)||df<=0||n<1) return(c(NA,NA))
 t2 <- if (n>1) (qt(1-a/2,n-1)/qt(1-a/2,df))^2 else 1
 ne <- if (p<=1e-12||p>=1-1e-12) n else if (se<=0) return(c(NA,NA)) else min(n,p*(1-p)/se^2*t2)
 k <- ne*p; c(if (p<=1e-12) 0 else qbeta(a/2,k,ne-k+1), if (p>=1-1e-12) 1 else qbeta(1-a/2,k+1,ne-k)) }
base <- function(d) list(n=sum(weights(d)>0), rows=nrow(d$variables), sum_w=sum(weights(d)))
mean1 <- function(v,des,rate=TRUE,lik=FALSE,cal=FALSE) { d <- des[!is.na(des$variables[[v]]),]; if (cal) d$variables[[v]][is.na(d$variables[[v]])] <- 0
 r <- base(d); if (r$n<1 || r$sum_w<=0) return(r)
 f <- as.formula(paste0("~",v)); m <- tryCatch(svymean(f,d),error=function(e) NULL); if (is.null(m)) { r$err <- TRUE; return(r) }
 p <- coef(m)[[1]]; se <- sqrt(vcov(m)[1,1]); if (!is.na(se)&&se<1e-12) se <- 0
 r$estimate <- p; r$se <- se; r$df <- degf(d); df <- r$df
 if (!is.na(se)&&se>0&&!cal&&r$n>1) { r$deff_wor <- num(deff(svymean(f,d,deff=TRUE))[[1]]); r$deff_wr <- num(deff(svymean(f,d,deff="replace"))[[1]]) }
 if (rate) { inner <- df>0&&p>1e-12&&p<1-1e-12&&!is.na(se)&&se>0
  nul <- c(NA,NA)
  r$logit <- if (inner) plogis(qlogis(p)+c(-1,1)*qt(.975,df)*se/(p*(1-p))) else nul
  r$xl <- if (inner) num(attr(svyciprop(f,d,method="xlogit",df=df),"ci")) else nul
  r$beta <- if (inner) num(attr(svyciprop(f,d,method="beta",df=df),"ci")) else nul
  r$mean <- if (inner) num(attr(svyciprop(f,d,method="mean",df=df),"ci")) else nul
  if (inner) { ne <- p*(1-p)/se^2; t <- qt(.975,df); r$wilson <- ((p+t^2/2/ne)+c(-1,1)*t*sqrt(p*(1-p)/ne+t^2/4/ne^2))/(1+t^2/ne) } else r$wilson <- nul
  if (lik) r$likelihood <- if (inner) num(attr(svyciprop(f,d,method="likelihood",df=df),"ci")) else nul
  r$kg <- kg(p,if (is.na(se)) 0 else se,r$n,df) }
 r }
ratio1 <- function(a,b,des,cal=FALSE) { d <- des[des$variables[[b]]>0,]; r <- base(d); if (r$n<1||r$sum_w<=0) return(r)
 o <- tryCatch(svyratio(as.formula(paste0("~",a)),as.formula(paste0("~",b)),d,deff=!cal),error=function(e) NULL); if (is.null(o)) { r$err <- TRUE; return(r) }
 r$estimate <- coef(o)[[1]]; se <- SE(o)[[1]]; if (!is.na(se)&&se<1e-12) se <- 0; r$se <- se; r$df <- degf(d)
 if (!cal && !is.na(se)&&se>0&&r$n>1) r$deff_wor <- num(deff(o)[[1]])
 r }
zvar <- function(d,z) { v <- survey:::svyrecvar(as.matrix(z),d$cluster,d$strata,d$fpc,postStrata=d$postStrata); v[1,1] }
comp <- function(des,weights_of) { d <- des[des$variables$ALL_ans>0,]; r <- base(d); if (r$n<1||r$sum_w<=0) return(r)
 w <- weights(d); z <- rep(0,length(w)); est <- 0
 for (i in names(weights_of)) { y <- d$variables[[paste0("s_",i)]]; a <- !is.na(y); y[!a] <- 0; X <- sum(w*a); rr <- sum(w*y)/X; est <- est+weights_of[[i]]*rr; z <- z+weights_of[[i]]*w*(y-rr*a)/X }
 se <- tryCatch(sqrt(zvar(d,z)),error=function(e) NA); if (!is.na(se)&&se<1e-12) se <- 0
 c(r,list(estimate=est,se=se,df=degf(d))) }
shares <- function(d,by) { v <- d$variables; w <- weights(d); there <- sapply(I,function(i) sum(w[!is.na(v[[i]])])>0)
 if (by=="items") { s <- I[there]; setNames(as.list(rep(1/length(s),length(s))),s) }
 else { fs <- lapply(FACT,function(f) f[there[f]]); fs <- fs[sapply(fs,length)>0]; unlist(lapply(unname(fs),function(f) setNames(as.list(rep(1/length(fs)/length(f),length(f))),f)),recursive=FALSE) } }
CROSS <- list(character(0),"service","district",c("service","district"))
everything <- function(des,cal=FALSE,crosses=CROSS,only=NULL) { rows <- list()
 for (g in crosses) { key <- if (length(g)) interaction(x[g],drop=TRUE,sep=":",lex.order=TRUE) else factor(rep("",nrow(x)))
  for (l in levels(key)) { sel <- (key==l); d <- if (cal) des[sel[pos],] else des[sel,]
   add <- function(m,v,r) rows[[length(rows)+1]] <<- c(list(measure=m,variable=v,by=paste(g,collapse=":"),level=l),r)
   lik <- length(g)<=1 && identical(des$fpc$popsize,NULL)
   add("overall_rate","overall",mean1("s_overall",d,lik=lik,cal=cal))
   add("index_pooled_rate","ALL",ratio1("ALL_sat","ALL_ans",d,cal))
   add("all_answers_satisfied","ALL",mean1("ALL_all",d,cal=cal))
   add("share_mean_ge_4","F2",mean1("F2_top",d,cal=cal))
   add("factor_mean_score","F1",mean1("F1_mean",d,rate=FALSE,cal=cal))
   add("factor_mean_pooled","F2",ratio1("F2_pts","F2_ans",d,cal))
   add("item_rate","q06",mean1("s_q06",d,cal=cal))
   if (cal) next
   add("item_rate","q01",mean1("s_q01",d,lik=lik))
   add("item_mean","q06",mean1("q06",d,rate=FALSE))
   add("factor_pooled_rate","F1",ratio1("F1_sat","F1_ans",d))
   if (sum(weights(d)[d$variables$ALL_ans>0])>0) {
    add("index_mean_of_item_rates","ALL",comp(d,shares(d,"items")))
    add("index_mean_of_factors","ALL",comp(d,shares(d,"factors"))) } } }
 rows }
OUT <- list(); pos <- x$weight>0
for (dn in names(mk)) { OUT$designs[[dn]] <- list()
 for (lo in if (dn %in% c("wr","fpc2")) c("adjust","average","certainty","remove") else if (dn=="fpc1") c("adjust","average") else "adjust") {
  options(survey.lonely.psu=lo); des <- tryCatch(mk[[dn]](),error=function(e) {cat(dn,conditionMessage(e),"\n"); NULL}); if (is.null(des)) next
  OUT$designs[[dn]][[lo]] <- everything(des,crosses=if (lo!="adjust") CROSS[1:2] else if (dn %in% c("wr","fpc2")) CROSS else CROSS[1:3]) } }
options(survey.lonely.psu="adjust")
mg <- read.csv(file.path(dir,"margins.csv"),colClasses=c(level="character"))
pm <- function(v) { k <- mg[mg$margin==v,]; setNames(data.frame(k$level,k$count),c(v,"Freq")) }
V <- c("service","gender","age"); N <- sum(mg$count[mg$margin=="service"])
for (v in V) x[[v]] <- factor(x[[v]])
popv <- c("(Intercept)"=N); for (v in V) { k <- mg[mg$margin==v,]; L <- levels(x[[v]])[-1]; popv <- c(popv,setNames(k$count[match(L,k$level)],paste0(v,L))) }
sg <- mg[mg$margin=="service:gender",]; sp <- do.call(rbind,strsplit(sg$level,":"))
mk$wr -> f; OUT$weighted <- list(); OUT$weights <- list()
for (dn in c("wr","fpc2")) { b <- mk[[dn]]()[pos,]; b$call <- quote(svydesign())
 tr <- function(d) { w <- weights(d); u <- median(w)+4*IQR(w); list(d=trimWeights(d,upper=u,strict=TRUE),u=u) }
 A <- list(rake=function() rake(b,list(~service,~gender,~age),lapply(V,pm),control=list(maxit=5000,epsilon=1e-9)),
  linear=function() calibrate(b,~service+gender+age,popv),
  raking=function() calibrate(b,~service+gender+age,popv,calfun="raking",epsilon=1e-11,maxit=300),
  logit=function() calibrate(b,~service+gender+age,popv,calfun="logit",bounds=c(.4,2.6),epsilon=1e-11,maxit=500),
  bounded=function() calibrate(b,~service+gender+age,popv,calfun="linear",bounds=c(.4,2.6),epsilon=1e-11,maxit=500),
  poststratify=function() postStratify(b,~service+gender,data.frame(service=sp[,1],gender=sp[,2],Freq=sg$count)))
 for (k in names(A)) { d <- tryCatch(A[[k]](),error=function(e) {cat(k,conditionMessage(e),"\n"); NULL}); if (is.null(d)) next
  OUT$weighted[[dn]][[k]] <- everything(d,cal=TRUE,crosses=CROSS[1:3]); OUT$weights[[dn]][[k]] <- as.numeric(weights(d))
  if (k=="rake") { t <- tr(d); OUT$weighted[[dn]]$trimmed <- everything(t$d,cal=TRUE,crosses=CROSS[1:3]); OUT$trim[[dn]] <- t$u } } }
## tests
rs <- list(); for (dn in c("wr","fpc2")) for (yv in c("s_overall","overall")) for (g in c("gender","service","age","quarter")) for (st in c("F","Chisq","Wald","adjWald","lincom","saddlepoint")) {
 d <- mk[[dn]](); d <- d[!is.na(x[[yv]])&pos,]; r <- tryCatch(svychisq(as.formula(paste0("~",yv,"+",g)),d,statistic=st),error=function(e) NULL); if (is.null(r)) next
 rs[[length(rs)+1]] <- list(design=dn,row=yv,col=g,statistic=st,value=num(r$statistic)[1],p=num(r$p.value)[1],par=num(r$parameter)) }
OUT$rao_scott <- rs
con <- list(); for (dn in c("wr","fpc1","fpc2","element","srs")) { d <- mk[[dn]](); d <- d[!is.na(x$s_overall),]
 for (g in c("quarter","service")) { b <- svyby(~s_overall,as.formula(paste0("~",g)),d,svymean,covmat=TRUE); con[[length(con)+1]] <- list(design=dn,by=g,levels=as.character(b[[1]]),est=as.numeric(coef(b)),cov=unname(as.matrix(vcov(b)))) } }
OUT$joint <- con
qs <- list(); for (dn in c("wr","fpc2")) for (qr in c("math","school","hf7")) for (it in c("mean","beta","xlogit")) { r <- tryCatch(svyquantile(~duration_s,mk[[dn]](),c(.1,.5,.9),qrule=qr,interval.type=it)[[1]],error=function(e) NULL); if (is.null(r)) next
 qs[[length(qs)+1]] <- list(design=dn,rule=qr,interval=it,q=unname(r[,1]),lo=unname(r[,2]),hi=unname(r[,3]),se=unname(r[,4])) }
OUT$quantiles <- qs
tt <- list(); for (dn in c("wr","fpc2")) { d <- mk[[dn]](); d <- d[!is.na(x$s_overall),]; t1 <- svyttest(I(s_overall-.85)~0,d); t2 <- svyttest(s_overall~gender,d); t3 <- svyranktest(overall~gender,d[pos[!is.na(x$s_overall)],])
 tt[[dn]] <- list(one=c(num(t1$statistic),num(t1$parameter),num(t1$p.value)),two=c(num(t2$statistic),num(t2$parameter),num(t2$p.value)),rank=c(num(t3$statistic),num(t3$parameter),num(t3$p.value))) }
OUT$ttests <- tt
xm <- pos&complete.cases(x[c("overall","F1_mean","F2_mean")]); x$of <- factor(x$overall,levels=sort(unique(x$overall[xm])),ordered=TRUE)
dm <- svydesign(id=~psu,strata=~district,weights=~weight,data=x,nest=TRUE)[xm,]
o <- tryCatch(svyolr(of~F1_mean+F2_mean,dm,control=list(reltol=1e-15,maxit=3000)),error=function(e) NULL)
if (!is.null(o)) OUT$olr <- list(terms=names(c(o$coefficients,o$zeta)),coef=unname(c(o$coefficients,o$zeta)),se=unname(sqrt(diag(vcov(o)))),deviance=o$deviance,n=sum(xm))
lg <- tryCatch(svyglm(s_overall~F1_mean+F2_mean+gender,dm,family=quasibinomial()),error=function(e) NULL)
if (!is.null(lg)) { s <- summary(lg)$coefficients; OUT$glm <- list(coef=unname(s[,1]),se=unname(s[,2]),p=unname(s[,4]),df=lg$df.residual) }
ok <- complete.cases(x[I[1:4]]); o4 <- x[ok,I[1:4]]
C <- cov(o4); al <- 4/3*(1-sum(diag(C))/sum(C)); fa <- tryCatch(factanal(covmat=list(cov=C,n.obs=nrow(o4)),factors=1,control=list(lower=.001,opt=list(factr=1e2,pgtol=1e-12))),error=function(e) NULL)
sw <- tryCatch(as.numeric(svycralpha(~q01+q02+q03+q04,mk$wr()[ok&pos,])),error=function(e) NA)
om <- if (is.null(fa)) NA else { s <- sqrt(diag(C)); L <- as.numeric(fa$loadings)*s; sum(L)^2/(sum(L)^2+sum(fa$uniquenesses*s^2)) }
OUT$alpha <- list(alpha=al,alpha_weighted=sw,omega=om,n=nrow(o4))
pc <- diag(4); for (i in 1:3) for (j in (i+1):4) pc[i,j] <- pc[j,i] <- tryCatch(polycor::polychor(o4[[i]],o4[[j]],ML=FALSE,std.err=FALSE),error=function(e) NA)
OUT$poly <- pc
write_json(OUT,file.path(dir,"expected.json"),digits=I(12),na="null",null="null",auto_unbox=TRUE)
cat(dir,"written\n")
