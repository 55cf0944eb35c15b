// Looks for news once a second and puts them in their places. What is being written is not
// touched, and what was unfolded stays so. Without this, the page works by reloading.
"use strict";

const PULSE = 1000;

function place(region, fresh) {
  for (const item of fresh.children) {
    const shown = document.getElementById(item.id);
    if (!shown) {
      region.append(item.cloneNode(true));
      continue;
    }
    const folds = item.querySelectorAll("details");
    shown.querySelectorAll("details").forEach((fold, nth) => {
      if (folds[nth]) folds[nth].open = fold.open;
    });
    if (!shown.isEqualNode(item)) shown.replaceWith(item.cloneNode(true));
  }
  for (const shown of [...region.children]) {
    if (![...fresh.children].some((item) => item.id === shown.id)) shown.remove();
  }
}

async function look() {
  const answer = await fetch(location.pathname, { cache: "no-store" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const region of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(region.id);
    if (fresh) place(region, fresh);
  }
}

async function watch() {
  // The demo may have ended: then there is no news, and no error to show.
  if (!document.hidden) await look().catch(() => {});
  setTimeout(watch, PULSE);
}

document.addEventListener("keydown", (event) => {
  const form = event.target.form;
  if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

if (document.querySelector("[data-live]")) setTimeout(watch, PULSE);
