// A claim as people see it: firmness, stance, the sentence with its marks.

const ACT_NAMES = {
  threaten: "threatens", promise: "promises", reject: "denies or rejects", request: "demands", accuse: "accuses",
  agree: "agrees", state: "states",
};
const SIGNS = { oppose: "−", neutral: "○", support: "+" };
const FIRMNESS = { uncommitted: 0, possible: 1, probable: 2, certain: 3 };

function percent(p) { return p === null ? "" : `${Math.round(100 * p)}\u00a0%`; }

/** Return four bars, filled up to the strength, beside its name. */
function firmness(strength) {
  if (!strength) return "";
  const bars = [0, 1, 2, 3].map((i) => el("i", { class: i <= FIRMNESS[strength] ? "on" : null }));
  return el("span", { class: "firm" }, el("span", { class: "bars", "aria-hidden": "true" }, bars), strength);
}

function stance(name) {
  if (!name) return "";
  return el("span", { class: `stance ${name}` }, el("b", { "aria-hidden": "true" }, SIGNS[name]), " ", name);
}

/** Return the marked spans of a claim: [class, start, end]. */
function spansOf(claim) {
  const row = claim.rows[0];
  const spans = claim.rows.filter((r) => r.target_span).map((r) => [`target ${r.stance || ""}`, ...r.target_span]);
  for (const name of ["source", "trigger", "condition"]) {
    if (row[`${name}_span`]) spans.push([name, ...row[`${name}_span`]]);
  }
  for (const [, , start, end] of row.cues) spans.push(["cue", start, end]);
  return spans;
}

/** Return a stretch of text cut at every edge of a span; a piece carries the classes of all spans that cover it. */
function marked(text, from, to, spans) {
  const edges = [...new Set([from, to, ...spans.flatMap(([, a, b]) => [a, b])])]
    .filter((edge) => edge >= from && edge <= to).sort((a, b) => a - b);
  return edges.slice(1).map((end, i) => {
    const start = edges[i];
    const names = spans.filter(([, a, b]) => a <= start && end <= b).map(([name]) => name);
    const piece = text.slice(start, end);
    return names.length ? el("span", { class: `m ${[...new Set(names)].join(" ")}` }, piece) : piece;
  });
}

function quotation(claim) {
  const row = claim.rows[0];
  return marked(textOf(articleOf(row), row.part), row.start, row.end, spansOf(claim));
}

function claimLink(claim, text) {
  const row = claim.rows[0];
  return el("a", { href: hash("article", row.article_id, { claim: claim.number }) }, text);
}

function pairLink(a, b, text) {
  return a && b && a !== b ? el("a", { href: hash("pair", pairName(a, b)) }, text) : text;
}

/** Return where a claim stands: outlet, date and a link to its sentence in the article. */
function place(claim) {
  const article = articleOf(claim.rows[0]);
  const facts = [article.outlet, article.day].filter(Boolean).join(", ");
  return el("span", { class: "place" }, claimLink(claim, facts || heading(article, 48)));
}

function checkMark(unsure, fields) {
  if (!unsure) return "";
  const why = fields && fields.length ? `: ${fields.join(", ")}` : "";
  return el("span", { class: "check" }, `to check${why}`);
}

/** Return the fields of a claim that need review. */
function doubtsOf(claim) {
  return [...new Set(claim.rows.flatMap((r) => r.needs_review))];
}

/** Return a claim in one block: who toward whom, act, firmness, sentence, place. */
function block(claim) {
  const row = claim.rows[0];
  const aims = claim.rows.filter((r) => r.target).map((r) => el("span", { class: "aim" }, stance(r.stance), " ", r.whom));
  const doubts = doubtsOf(claim);
  return el("li", { class: needsReview(claim) ? "block unsure" : "block" },
    el("p", { class: "line" }, el("b", {}, speakerOf(row)), " ", ACT_NAMES[row.act], " ", aims, firmness(row.strength)),
    el("blockquote", {}, quotation(claim)),
    el("p", { class: "line" }, place(claim), " ", checkMark(doubts.length, doubts)));
}

function key() {
  const items = [["source", "source"], ["target", "target"], ["trigger", "act"], ["cue", "cue"], ["condition", "condition"]];
  return el("p", { class: "key" }, "Marks: ", items.map(([name, text]) => [el("span", { class: `m ${name}` }, text), " "]));
}
