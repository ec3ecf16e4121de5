// What two actors said about each other, by date, under a strip of firmness.

const PAIRS = [...DATA.pairs].sort((a, b) => b[2].length - a[2].length);

function ledgerView(parameters) {
  const named = parameters.pair || "";
  const found = PAIRS.find(([one, other]) => pairName(one, other) === named || pairName(other, one) === named);
  const [one, other] = found || [];
  const [a, b] = found && pairName(one, other) === named ? [one, other] : [other, one]; // in the order of the address
  return [
    el("h2", { tabindex: "-1" }, found ? `${a} and ${b}` : "Pairs"),
    pairChoice(found),
    found ? ledgerOf(found, a, b) : pairList(),
  ];
}

function pairChoice(found) {
  const list = el("datalist", { id: "pairs" }, PAIRS.slice(0, 500).map(([a, b]) => el("option", { value: pairName(a, b) })));
  const input = el("input", { list: "pairs", id: "pair", placeholder: "one name|another" });
  return el("form", { class: "filters", submit(event) { event.preventDefault(); location.hash = hash("pair", input.value); } },
    el("label", {}, "Pair ", input), list, el("button", { type: "submit" }, "Open"),
    found ? el("a", { href: "#pair" }, "All pairs") : null);
}

function pairList() {
  const list = el("ol", { class: "pairs" });
  const more = inSteps(PAIRS, 100, ([a, b, numbers]) =>
    el("li", {}, el("a", { href: hash("pair", pairName(a, b)) }, `${a} and ${b}`), " ", el("small", {}, plural(claimsOf(numbers).length, "claim"))), list);
  return [el("p", { class: "note" }, "Pairs of actors, those with the most claims first."), list, more];
}

function ledgerOf([, , numbers], a, b) {
  const entries = numbers.map((number) => ROWS[number]);
  const days = new Map();
  for (const row of entries) {
    const day = articleOf(row).day || "undated";
    days.set(day, [...(days.get(day) || []), row]);
  }
  const side = (rows, who) => el("td", {}, rows.filter((row) => row.who === who).map(ledgerEntry));
  const body = el("tbody");
  const more = inSteps([...days], 60, ([day, rows]) => el("tr", {}, el("th", { scope: "row" }, day), side(rows, a), side(rows, b)), body);
  return [
    strip(entries, a, b),
    el("table", { class: "ledger" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Date"), el("th", { scope: "col" }, `${a} → ${b}`), el("th", { scope: "col" }, `${b} → ${a}`))),
      body), more,
  ];
}

function ledgerEntry(row) {
  return el("div", { class: row.needs_review.length ? "block unsure" : "block" },
    el("p", { class: "line" }, el("b", {}, ACT_NAMES[row.act]), " ", stance(row.stance), " ", firmness(row.strength), " ", checkMark(row.needs_review.length, row.needs_review)),
    el("blockquote", {}, quotation(row.claim)),
    el("p", { class: "line" }, place(row.claim)));
}

/** Return a picture of firmness over time: a filled mark is the first actor, a hollow one the second. */
function strip(entries, a, b) {
  const dated = entries.filter((row) => articleOf(row).day && row.strength);
  const times = dated.map((row) => Date.parse(articleOf(row).day));
  if (new Set(times).size < 2) return null; // one day has no course
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const width = 900, left = 100, step = 24, top = 14;
  const x = (time) => left + 14 + ((width - left - 28) * (time - first)) / (last - first);
  const y = (strength) => top + step * (3 - FIRMNESS[strength]);
  const picture = svg("svg", { viewBox: `0 0 ${width} 122`, class: "strip", role: "img", "aria-label": "Firmness over time; the same is in the table below" });
  for (const name of Object.keys(FIRMNESS)) {
    picture.append(svg("line", { x1: left, x2: width, y1: y(name), y2: y(name), class: "rule" }),
      svg("text", { x: left - 8, y: y(name) + 4, "text-anchor": "end" }, name));
  }
  const stacked = new Map();
  dated.forEach((row, i) => {
    const spot = `${times[i]} ${row.strength} ${row.who === a}`;
    const rank = stacked.get(spot) || 0;
    stacked.set(spot, rank + 1);
    const shift = (row.who === a ? -4 : 4) + (row.who === a ? -3 : 3) * Math.min(rank, 4);
    picture.append(svg("circle", { cx: x(times[i]) + shift, cy: y(row.strength), r: 4.5, class: `${row.who === a ? "one" : "other"} ${row.stance || ""}` }));
  });
  for (const [time, anchor] of [[first, "start"], [last, "end"]]) {
    picture.append(svg("text", { x: anchor === "start" ? left : width, y: 116, "text-anchor": anchor }, new Date(time).toISOString().slice(0, 10)));
  }
  return el("figure", {}, el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Firmness over time" }, picture), el("figcaption", {}, `How firmly, over time. Filled: ${a}. Hollow: ${b}. Red opposes, blue supports.`));
}
