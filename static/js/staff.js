// Progressive enhancement only: every staff page works without this file.
"use strict";
{
  // After a refused form the summary of problems is read first.
  const summary = document.getElementById("error-summary");
  if (summary) summary.focus();
}
