// Who is for or against whom.

const REASONS = {
  no_target: "have no target",
  no_source: "have no source",
  no_name: "have a pronoun or common noun as source or target",
  own_side: "are about the source itself",
  unsure: "have a stance less probable than the floor",
  rare: "are between actors beyond the most frequent",
};

function matrixView(parameters) {
  const sources = [...new Set(DATA.matrix.map((cell) => cell.source))];
  const count = (target) => DATA.matrix.filter((c) => c.target === target).reduce((sum, c) => sum + c.rows.length, 0);
  const targets = [...new Set(DATA.matrix.map((cell) => cell.target))].sort((a, b) => count(b) - count(a));
  const cells = new Map(DATA.matrix.map((cell) => [`${cell.source}\n${cell.target}`, cell]));
  const list = el("section", { id: "cell", "aria-live": "polite" });
  const table = el("table", { class: "matrix" },
    el("thead", {}, el("tr", {}, el("td", {}, el("small", {}, "source ↓  target →")),
      targets.map((target) => el("th", { scope: "col" }, el("span", {}, target))))),
    el("tbody", {}, sources.map((source) => el("tr", {}, el("th", { scope: "row" }, source),
      targets.map((target) => el("td", {}, matrixCell(cells.get(`${source}\n${target}`), list)))))));
  const counted = DATA.matrix.reduce((sum, cell) => sum + cell.rows.length, 0);
  const out = Object.entries(REASONS).filter(([reason]) => DATA.left_out[reason]);
  const open = parameters.cell && DATA.matrix.find((cell) => pairName(cell.source, cell.target) === parameters.cell);
  if (open) showCell(open, list);
  return [
    el("h2", { tabindex: "-1" }, "Who is for or against whom"),
    el("p", { class: "note" }, "Each cell counts claims, each once for each target: ", stance("oppose"), " ", stance("neutral"), " ", stance("support"),
      ". The fill shows the larger share of the two sides. Pale cells rest on fewer than three claims or on one article. Choose a cell to read its sentences."),
    DATA.matrix.length ? el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Matrix" }, table)
      : el("p", { class: "note" }, "No claim of one named actor about another."),
    list,
    el("h3", {}, "What is counted"),
    el("p", { class: "note" }, `${counted.toLocaleString("en")} of ${ROWS.length.toLocaleString("en")} rows (one a claim and target) are in the table. Left out:`),
    el("ul", { class: "note" }, out.map(([reason, text]) => el("li", {}, `${DATA.left_out[reason].toLocaleString("en")} ${text}${reason === "unsure" ? ` (${DATA.floor})` : ""}`))),
  ];
}

function matrixCell(cell, list) {
  if (!cell) return "";
  const total = cell.rows.length;
  const side = cell.oppose > cell.support ? "oppose" : cell.support > cell.oppose ? "support" : "even";
  const share = Math.max(cell.oppose, cell.support) / total;
  const step = side === "even" ? 0 : share > 2 / 3 ? 3 : share > 1 / 3 ? 2 : 1;
  const faded = total < 3 || cell.articles < 2;
  const parts = ["oppose", "neutral", "support"].filter((name) => cell[name]);
  const spoken = parts.map((name) => `${cell[name]} ${name}`).join(", ");
  return el("button", {
    type: "button", class: `cell ${side} s${step}${faded ? " faded" : ""}`,
    "aria-label": `${cell.source} toward ${cell.target}: ${spoken}; ${plural(cell.articles, "article")}`,
    click() { showCell(cell, list); list.querySelector("h3").focus(); },
  }, parts.map((name) => el("span", { class: name }, SIGNS[name] + cell[name])));
}

function showCell(cell, list) {
  const items = el("ul", { class: "blocks" });
  const more = inSteps(claimsOf(cell.rows), 30, block, items);
  list.replaceChildren(
    el("h3", { tabindex: "-1" }, `${cell.source} → ${cell.target} `, el("small", {}, plural(claimsOf(cell.rows).length, "claim"))),
    el("p", {}, pairLink(cell.source, cell.target, "Both directions by date")), items, more);
}
