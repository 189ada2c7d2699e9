"use strict";
const counts = JSON.parse(document.getElementById("counts").textContent);
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

for (const button of document.querySelectorAll("button.csv"))
  button.addEventListener("click", () => {
    const cell = (each) => '"' + each.textContent.replaceAll('"', '""') + '"';
    const lines = [...button.parentElement.querySelectorAll("tr")].map((row) => [...row.cells].map(cell).join(","));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([lines.join("\r\n") + "\r\n"], { type: "text/csv" }));
    link.download = button.dataset.name;
    link.click();
    URL.revokeObjectURL(link.href);
  });
