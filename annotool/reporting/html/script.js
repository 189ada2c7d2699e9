"use strict";
const held = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");
const counts = held("counts") ?? [];
const rules = [...document.querySelectorAll(".rule")];
const fields = [...document.querySelectorAll("[data-filter]")];
const wanted = () => Object.fromEntries(fields.map((each) => [each.dataset.filter, each.value.trim()]));

// A rule's number is exact for severity, split and category; a text is looked for in the findings that are listed.
function filter() {
  const { severity = "", split = "", category = "", text = "" } = wanted();
  const needle = text.toLowerCase();
  let total = 0;
  for (const rule of rules) {
    let count = 0;
    for (const [code, grade, in_split, of_category, n] of counts)
      if (code === rule.dataset.rule && grade === rule.dataset.severity &&
          (!split || in_split === split) && (!category || of_category === category)) count += n;
    let listed = 0;
    for (const row of rule.querySelectorAll("tbody tr")) {
      const fits = (!split || row.dataset.split === split) && (!category || row.dataset.category === category) &&
        (!needle || row.dataset.text.includes(needle));
      row.hidden = !fits;
      listed += fits;
    }
    if (needle) count = listed;
    rule.hidden = (severity && severity !== rule.dataset.severity) || !count;
    rule.querySelector(".n").textContent = count.toLocaleString("en-US");
    if (!rule.hidden) total += count;
  }
  const output = document.querySelector(".filters output");
  if (output) output.textContent = total.toLocaleString("en-US") + (needle ? " listed findings" : " findings");
}
for (const each of fields) each.addEventListener("input", filter);
document.querySelector(".filters")?.addEventListener("submit", (event) => event.preventDefault());
if (fields.length) filter();

for (const button of document.querySelectorAll("button.log"))
  button.addEventListener("click", () => {
    const log = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(log));
    for (const each of button.parentElement.querySelectorAll("[data-log]"))
      each.setAttribute(each.tagName === "rect" ? "width" : "x", log ? each.dataset.log : each.dataset.linear);
  });

// Where boxes lie: the maps of all splits show the category that is chosen.
const maps = held("centres");
for (const select of document.querySelectorAll("select.map"))
  select.addEventListener("input", () => {
    const drawings = select.closest("article").querySelectorAll("svg");
    maps.counts[select.value].forEach((cells, at) => {
      const most = Math.max(1, ...cells);
      drawings[at].querySelectorAll("rect:not(.ground)").forEach((cell, place) => {
        cell.setAttribute("fill-opacity", cells[place] ? (0.08 + (0.92 * cells[place]) / most).toFixed(3) : "0");
        cell.querySelector("title").textContent = cells[place].toLocaleString("en-US");
      });
      const told = `Where centres lie, ${maps.categories[select.value]}, ${maps.splits[at]}`;
      drawings[at].setAttribute("aria-label", told);
      drawings[at].querySelector("title").textContent = told;
    });
  });

// The numbers behind a chart: the cells of its table, or of its maps those that hold boxes.
function numbers(button) {
  if (!button.dataset.from)
    return [...button.parentElement.querySelectorAll("tr")].map((row) => [...row.cells].map((cell) => cell.textContent));
  const rows = [["split", "category", "row", "column", "boxes"]];
  maps.counts.forEach((splits, at) => splits.forEach((cells, of) => cells.forEach((count, place) => {
    if (count) rows.push([maps.splits[of], maps.categories[at], Math.floor(place / maps.grid), place % maps.grid, count]);
  })));
  return rows;
}
const lines = (rows, between) =>
  rows.map((row) => row.map((each) => '"' + String(each).replaceAll('"', '""') + '"').join(between)).join("\r\n") + "\r\n";

for (const button of document.querySelectorAll("button.csv"))
  button.addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([lines(numbers(button), ",")], { type: "text/csv" }));
    link.download = button.dataset.name;
    link.click();
    URL.revokeObjectURL(link.href);
  });

// With tabs, as tables take it; by a text field, for a page opened as a file may have no clipboard.
for (const button of document.querySelectorAll("button.copy"))
  button.addEventListener("click", () => {
    const field = document.createElement("textarea");
    field.value = lines(numbers(button), "\t");
    button.after(field);
    field.select();
    button.textContent = document.execCommand("copy") ? "Copied" : "Not copied";
    field.remove();
    button.focus();
  });
