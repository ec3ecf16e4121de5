// All claims: filters, sorting, grouping, and the filtered rows as CSV.

const FILTERS = ["q", "source", "target", "stance", "act", "strength", "cue", "outlet", "from", "to", "p"];
const GROUPS = {
  source: (row) => row.who, target: (row) => row.whom, act: (row) => row.act, stance: (row) => row.stance,
  outlet: (row) => articleOf(row).outlet, article: (row) => heading(articleOf(row)),
};

/** Return the lowest probability among those of the labels that a row has. */
function lowest(row) {
  const found = [row.act_probability, row.stance && row[`p_${row.stance}`], row.strength && row[`p_${row.strength}`]];
  return Math.min(...found.filter((p) => typeof p === "number"));
}

const COLUMNS = [
  { width: "10rem", key: "source", name: "Source", value: (r) => r.who, cell: (r) => r.who || "" },
  { width: "6rem", key: "stance", name: "Stance", value: (r) => r.stance, cell: (r) => stance(r.stance) },
  { width: "10rem", key: "target", name: "Target", value: (r) => r.whom, cell: (r) => r.whom || "" },
  { width: "4.8rem", key: "act", name: "Act", value: (r) => r.act, cell: (r) => r.act || "" },
  { width: "7.6rem", key: "strength", name: "Firmness", value: (r) => FIRMNESS[r.strength], cell: (r) => firmness(r.strength), first: "down" },
  { width: "minmax(15rem, 1fr)", key: "text", name: "Sentence", value: (r) => sentence(r), cell: (r) => el("span", { class: "text" }, sentence(r)) },
  { width: "6.5rem", key: "outlet", name: "Outlet", value: (r) => articleOf(r).outlet, cell: (r) => articleOf(r).outlet || "" },
  { width: "5.4rem", key: "day", name: "Date", value: (r) => articleOf(r).day, cell: (r) => articleOf(r).day || "", first: "down" },
  { width: "4.4rem", key: "p", name: "Lowest p", value: lowest, cell: (r) => percent(lowest(r)), first: "down" },
];

function claimsView(parameters) {
  const outlets = [...new Set(DATA.articles.map((a) => a.outlet).filter(Boolean))].sort();
  const columns = COLUMNS.filter(({ key }) => (key !== "outlet" || outlets.length) && (key !== "day" || DATA.first));
  const grid = new Grid(columns, (row) => { location.hash = hash("article", row.article_id, { claim: row.claim.number }); });
  const count = el("p", { class: "note", role: "status" });
  const choice = (name, values) => el("label", {}, name[0].toUpperCase() + name.slice(1), el("select", { name }, el("option", { value: "" }, "any"), values.map((v) => el("option", {}, v))));
  const words = (name, label, kind) => el("label", {}, label, el("input", { name, type: kind || "search", autocomplete: "off" }));
  const cues = [...new Set(ROWS.flatMap((row) => row.cues.map(([type]) => type)))].sort();
  const form = el("form", { class: "filters", "aria-label": "Filters", submit: (event) => event.preventDefault(), reset: () => setTimeout(update) },
    words("q", "Words"), words("source", "Source"), words("target", "Target"),
    choice("stance", DATA.labels.stance), choice("act", DATA.labels.act), choice("strength", DATA.labels.strength), choice("cue", cues),
    outlets.length ? choice("outlet", outlets) : null,
    DATA.first ? [words("from", "From", "date"), words("to", "To", "date")] : null,
    el("label", {}, "At least p", el("input", { name: "p", type: "number", min: 0, max: 1, step: 0.05 })),
    el("label", {}, "Group by", el("select", { name: "group" }, el("option", { value: "" }, "nothing"), Object.keys(GROUPS).map((name) => el("option", {}, name)))),
    el("button", { type: "reset" }, "Clear"),
    el("button", { type: "button", click: () => download("claims.csv", asCsv(grid.sorted), "text/csv") }, "CSV of these"));
  for (const name of [...FILTERS, "group"]) if (parameters[name] && form.elements[name]) form.elements[name].value = parameters[name];
  let waiting = null;
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(update, 120); });

  function update() {
    const given = Object.fromEntries([...FILTERS, "group"].map((name) => [name, form.elements[name]?.value.trim() || ""]));
    const rows = ROWS.filter(filterOf(given));
    grid.show(rows, GROUPS[given.group] || null);
    count.textContent = `${plural(rows.length, "row")} of ${ROWS.length.toLocaleString("en")}, one a claim and target`;
    history.replaceState(null, "", hash("claims", undefined, given)); // so that the address can be shared
  }
  setTimeout(update);
  return [el("h2", { tabindex: "-1" }, "All claims"), form, count, grid.printed, grid.node];
}

function filterOf(given) {
  const has = (text, part) => !part || (text || "").toLowerCase().includes(part.toLowerCase());
  const is = (value, wanted) => !wanted || value === wanted;
  return (row) => {
    const article = articleOf(row);
    return is(row.stance, given.stance) && is(row.act, given.act) && is(row.strength, given.strength)
      && is(article.outlet, given.outlet) && (!given.cue || row.cues.some(([type]) => type === given.cue))
      && (has(row.who, given.source) || has(row.source, given.source)) && (has(row.whom, given.target) || has(row.target, given.target))
      && (!given.from || (article.day || "") >= given.from) && (!given.to || (article.day && article.day <= given.to))
      && (!given.p || lowest(row) >= Number(given.p)) && has(sentence(row), given.q);
  };
}

const CSV_COLUMNS = {
  article_id: (r) => r.article_id, outlet: (r) => articleOf(r).outlet, published: (r) => articleOf(r).day, url: (r) => articleOf(r).url,
  part: (r) => r.part, start: (r) => r.at[0], text: sentence, source: (r) => r.source, who: (r) => r.who, target: (r) => r.target, whom: (r) => r.whom,
  stance: (r) => r.stance, p_support: (r) => r.p_support, p_oppose: (r) => r.p_oppose, p_neutral: (r) => r.p_neutral,
  act: (r) => r.act, act_probability: (r) => r.act_probability, strength: (r) => r.strength, condition: (r) => r.condition,
  cues: (r) => JSON.stringify(r.cues.map(([type, holder, a, b]) => ({ text: textOf(articleOf(r), r.part).slice(a, b), type, holder }))),
  quoted: (r) => r.quoted, needs_review: (r) => JSON.stringify(r.needs_review),
};

/** Return rows as CSV; text that a spreadsheet would run as a formula has an apostrophe before it, as in `score`. */
function asCsv(rows) {
  const cell = (value) => {
    if (value === null || value === undefined) return "";
    const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = rows.map((row) => Object.values(CSV_COLUMNS).map((value) => cell(value(row))).join(","));
  return [Object.keys(CSV_COLUMNS).join(","), ...lines, ""].join("\r\n");
}
