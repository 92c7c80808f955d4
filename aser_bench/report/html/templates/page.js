
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  document.documentElement.classList.add("js");

  // Sorting. Cells without a value come last in both directions.
  const order = new Intl.Collator("en", { numeric: true });
  const key = (row, index, numeric) => {
    const cell = row.cells[index];
    if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
    const text = cell.textContent.trim();
    return numeric || text === "–" ? null : text;
  };
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : order.compare(String(a), String(b));

  const sort = (table, head) => {
    const index = head.cellIndex;
    const numeric = head.classList.contains("n");
    const down = head.getAttribute("aria-sort") === "ascending";
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [key(row, index, numeric), row]);
    rows.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      return down ? compare(b, a) : compare(a, b);
    });
    body.append(...rows.map(([, row]) => row));
    all("th", table.tHead).forEach((each) => each.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
  };

  for (const table of all("table.sortable")) {
    if (table.tBodies[0].rows.length < 2) continue;
    for (const head of table.tHead.rows[0].cells) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(table, head));
      head.append(button);
    }
  }

  // Show one metric or condition at a time, and one training.
  const choose = (scope, name) => {
    for (const panel of all("[data-choice]", scope)) {
      panel.hidden = panel.dataset.choice !== name;
      panel.open = !panel.hidden;
    }
  };
  const filter = (scope, training) => {
    for (const table of all("table", scope)) {
      const rows = all("tr[data-training]", table);
      rows.forEach((row) => { row.hidden = training !== "" && row.dataset.training !== training; });
      const empty = table.closest(".scroll").nextElementSibling;
      if (empty && empty.matches(".empty")) empty.hidden = rows.some((row) => !row.hidden);
    }
  };
  for (const controls of all(".controls")) {
    controls.hidden = false;
    const scope = controls.closest("[data-scope]");
    for (const [selector, act] of [["[data-choose]", choose], ["[data-filter]", filter]]) {
      for (const select of all(selector, controls)) {
        select.addEventListener("change", () => act(scope, select.value));
        // A browser can restore the choice after a reload.
        act(scope, select.value);
      }
    }
  }

  for (const button of all("[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const status = button.parentElement.querySelector("[role=status]");
      try {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
        status.textContent = "Copied.";
      } catch {
        status.textContent = "The browser does not allow copying: select the text instead.";
      }
    });
  }

  window.addEventListener("beforeprint", () => {
    all("details").forEach((each) => { each.open = true; });
  });
})();
