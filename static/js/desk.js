// The editor of questionnaires, a little better: saves what is typed, drags rows, keeps the telephone up to date.
// Every act works without this file.
"use strict";
{
  const desk = document.getElementById("desk");
  const saved = document.getElementById("saved");
  const phone = document.getElementById("phone");
  let busy = false;
  let again = null;

  const say = (key, words) => { if (saved) saved.textContent = words || saved.dataset[key]; };
  const setRevision = (revision) => {
    desk.dataset.revision = revision;
    for (const field of document.querySelectorAll('input[name="revision"]')) field.value = revision;
  };
  const freshen = () => { if (phone) phone.contentWindow.location.reload(); };

  // What was typed after the last save comes through a reload: the field is filled and saved again.
  const keepTyping = () => {
    const field = document.activeElement;
    if (field && field.id && field.form && field.form.matches("[data-autosave]")) sessionStorage.setItem("typing", JSON.stringify([location.pathname, field.id, field.value]));
  };
  const typed = JSON.parse(sessionStorage.getItem("typing") || "null");
  sessionStorage.removeItem("typing");
  if (typed && typed[0] === location.pathname) {
    const field = document.getElementById(typed[1]);
    if (field) { field.focus(); if (field.value !== typed[2]) { field.value = typed[2]; setTimeout(() => field.dispatchEvent(new Event("input", { bubbles: true }))); } }
  }

  const send = async (form) => {
    if (busy) { again = form; return; }
    busy = true;
    say("saving");
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
      const said = answer.headers.get("Content-Type") === "application/json" ? await answer.json() : {};
      if (answer.ok && said.merged) { keepTyping(); location.reload(); return; }  // the page must show what the other saved
      if (answer.ok) { setRevision(said.revision); say("saved"); if (said.changed) freshen(); } else say("failed", said.problem);
    } catch { say("failed"); }
    busy = false;
    if (again) { const next = again; again = null; send(next); }
  };

  // Text fields save themselves a second after the last letter; menus and ticks wait for the button.
  for (const form of document.querySelectorAll("form[data-autosave]")) {
    let timer = 0;
    form.addEventListener("input", (event) => {
      if (!event.target.matches('textarea, input[type="text"]') || /^(code|o\d+-)/.test(event.target.name)) return;
      clearTimeout(timer);
      timer = setTimeout(() => send(form), 1000);
    });
    form.addEventListener("submit", () => clearTimeout(timer));
  }

  // Rows can be dragged by their code; the buttons do the same for everybody else.
  const moves = document.getElementById("moves");
  let held = null;
  for (const row of document.querySelectorAll(".desk-items > li")) {
    const grip = row.querySelector(".item-head");
    if (!grip || row.classList.contains("is-open") || "locked" in row.dataset || !row.dataset.code) continue;
    grip.draggable = true;
    grip.addEventListener("dragstart", (event) => { held = row; event.dataTransfer.effectAllowed = "move"; row.classList.add("held"); });
    grip.addEventListener("dragend", () => { row.classList.remove("held"); held = null; });
    row.addEventListener("dragover", (event) => { if (held && held !== row) { event.preventDefault(); row.classList.add("target"); } });
    row.addEventListener("dragleave", () => row.classList.remove("target"));
    row.addEventListener("drop", (event) => {
      event.preventDefault();
      if (!held || held === row) return;
      const rest = [...row.parentElement.children].filter((one) => one !== held);
      const below = event.clientY > row.getBoundingClientRect().top + row.offsetHeight / 2;
      const put = (name, value) => { const field = document.createElement("input"); field.type = "hidden"; field.name = name; field.value = value; moves.append(field); };
      put("element", held.dataset.code);
      put("section", row.closest("[data-section]").dataset.section);
      put("position", rest.indexOf(row) + (below ? 1 : 0));
      moves.action = moves.action.replace(/[^/]+$/, "cau-dat");
      moves.submit();
    });
  }

  // Who else is here, and has anything changed meanwhile?
  const others = document.getElementById("others");
  const token = document.querySelector('input[name="csrf_token"]');
  const ask = async () => {
    if (document.hidden || busy) return;
    const body = new FormData();
    body.append("csrf_token", token.value);
    try {
      const answer = await fetch(desk.dataset.presence, { method: "POST", body, headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const said = await answer.json();
      if (!busy && said.revision > Number(desk.dataset.revision) && !others.querySelector(".newer")) {
        const notice = document.createElement("div");
        notice.className = "notice warn newer";
        notice.textContent = desk.dataset.newer;
        others.append(notice);
      }
    } catch { /* the next time */ }
  };
  if (desk) setInterval(ask, 30000);
}
