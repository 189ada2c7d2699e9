"use strict";
const held = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");
const counts = held("counts") ?? { exact: true, rows: [] };
const rules = [...document.querySelectorAll(".rule")];
const fields = [...document.querySelectorAll("[data-filter], [data-column]")];
const joined = fields.filter((each) => each.dataset.column !== undefined);
// What is chosen of a list begins with "=", so that an empty text can be chosen.
const picked = (value, own) => !value || value === "=" + own;
const wanted = () => Object.fromEntries(fields.map((each) => [each.dataset.filter, each.value]));

// A rule's number is exact for what is chosen from lists; a text is looked for in the findings that are listed, and so are
// joined columns of too many combinations to count.
function filter() {
  const { severity = "", split = "", category = "", text = "" } = wanted();
  const columns = joined.map((each) => each.value);
  const needle = text.trim().toLowerCase();
  const only_listed = needle || (!counts.exact && columns.some((each) => each));
  const fitting = (values) => columns.every((value, at) => picked(value, values[at]));
  let total = 0;
  for (const rule of rules) {
    let count = 0;
    for (const [code, grade, in_split, of_category, n, ...values] of counts.rows)
      if (code === rule.dataset.rule && grade === rule.dataset.severity && picked(split, in_split) &&
          picked(category, of_category) && (only_listed || fitting(values))) count += n;
    let listed = 0;
    for (const row of rule.querySelectorAll("tbody tr")) {
      const fits = picked(split, row.dataset.split) && picked(category, row.dataset.category) &&
        (!needle || row.dataset.text.includes(needle)) && (!joined.length || fitting(JSON.parse(row.dataset.joined)));
      row.hidden = !fits;
      listed += fits;
    }
    if (only_listed) count = listed;
    rule.hidden = !picked(severity, rule.dataset.severity) || !count;
    rule.querySelector(".n").textContent = count.toLocaleString("en-US");
    if (!rule.hidden) total += count;
  }
  const output = document.querySelector(".filters output");
  if (output) output.textContent = total.toLocaleString("en-US") + (only_listed ? " listed findings" : " findings");
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
