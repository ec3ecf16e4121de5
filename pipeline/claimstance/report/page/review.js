// The review queue: one claim at a time; what a reader decides stays in the browser until it is downloaded.

const SAVED = `claimstance ${DATA.models.join()} ${ROWS.length} ${ROWS[0]?.article_id} ${ROWS.at(-1)?.article_id}`;
let decisions = {};
try { decisions = JSON.parse(localStorage.getItem(SAVED)) || {}; } catch { /* some browsers keep nothing for files */ }
let place_in = { queue: 0, random: 0 };

/** Return the claims to review: least certain hostile ones first, or all claims in a random but fixed order. */
function reviewOrder(order) {
  if (order !== "random") return DATA.queue.map((item) => ROWS[item.rows[0]].claim);
  const claims = [...CLAIMS];
  let seed = 20; // a small linear congruential generator: the same order each time the page is opened
  for (let i = claims.length - 1; i > 0; i--) {
    seed = (seed * 1664525 + 1013904223) % 4294967296;
    const j = Math.floor((seed / 4294967296) * (i + 1));
    [claims[i], claims[j]] = [claims[j], claims[i]];
  }
  return claims;
}

function reviewView(parameters) {
  const order = parameters.order === "random" ? "random" : "queue";
  const claims = reviewOrder(order);
  const holder = el("div", {});
  const go = (step) => {
    place_in[order] = Math.max(0, Math.min(claims.length - 1, place_in[order] + step));
    drawReview(holder, claims, order, go);
  };
  if (claims.length) setTimeout(() => go(0));
  const orders = [["queue", "Least certain hostile claims first"], ["random", "Random sample"]];
  return [
    el("h2", { tabindex: "-1" }, "Review queue"),
    el("p", { class: "note" }, "Decisions stay in this browser. Download them as JSON lines and run ", el("code", {}, "claimstance corrections FILE SCORED"),
      " for how often each field was right. The queue holds the least certain claims, so only the random sample says how good all claims are."),
    el("div", { class: "chips" }, orders.map(([name, text]) => el("a", { class: "chip", role: "button", "aria-pressed": String(order === name), href: hash("review", undefined, { order: name }) }, text)),
      el("button", { type: "button", click: () => download("corrections.jsonl", corrections(), "application/jsonl") }, "Download corrections")),
    claims.length ? holder : el("p", { class: "note" }, "Nothing needs review."),
  ];
}

function drawReview(holder, claims, order, go) {
  const at = place_in[order], claim = claims[at], row = claim.rows[0];
  const article = articleOf(row), text = textOf(article, row.part);
  const saved = decisions[claim.number] || {};
  const doubts = new Set(doubtsOf(claim));
  const pick = (name, label, value, labels, doubt) => el("label", { class: doubt ? "unsure" : null }, label, " ",
    el("select", { name }, labels.map((l) => el("option", { selected: (saved[name] ?? value) === l }, l))));
  const wrong = (name, label, doubt) => el("label", { class: doubt ? "unsure" : null }, el("input", { type: "checkbox", name, checked: saved[name] === true }), " ", label);
  const form = el("form", { class: "review", submit(event) { event.preventDefault(); keep(form, claim, order); go(1); } },
    el("fieldset", {}, el("legend", {}, "The claim"), pick("kind", "Kind", "claim", DATA.labels.kind, doubts.has("kind")), pick("act", "Act", row.act, DATA.labels.act, doubts.has("act")),
      pick("strength", "Firmness", row.strength, DATA.labels.strength, doubts.has("strength")),
      row.source ? wrong("source", `“${row.source}” is not the source`, doubts.has("source")) : null),
    aimedRows(claim).map((r) => el("fieldset", {}, el("legend", {}, "Toward ", r.target),
      r.stance ? pick(`stance ${r.at[1]}`, "Stance", r.stance, DATA.labels.stance, r.needs_review.includes("stance")) : null, wrong(`target ${r.at[1]}`, "not a target", r.needs_review.includes("target")))),
    el("label", { class: "wide" }, "Comment ", el("input", { name: "comment", value: saved.comment || "" })),
    el("p", { class: "buttons" }, el("button", { type: "submit", class: "main" }, "Accept and next"), el("button", { type: "button", click: () => go(1) }, "Skip"),
      el("button", { type: "button", click: () => go(-1) }, "Back"),
      el("button", { type: "button", disabled: !decisions[claim.number], click() { delete decisions[claim.number]; store(); go(0); } }, "Forget the decision")));
  holder.replaceChildren(
    el("p", { class: "line" }, `${at + 1} of ${claims.length}, ${Object.keys(decisions).length} decided `, decisions[claim.number] ? el("b", {}, "decided") : "", " ", checkMark(doubts.size, [...doubts])),
    el("blockquote", { class: "context" }, text.slice(Math.max(0, row.start - 200), row.start).replace(/^\S*\s/, row.start > 200 ? "… " : "$&"), el("span", { class: "sentence lit" }, quotation(claim)), text.slice(row.end, row.end + 200).replace(/\s\S*$/, text.length > row.end + 200 ? " …" : "$&")),
    key(), el("p", { class: "line" }, el("b", {}, speakerOf(row)), " ", ACT_NAMES[row.act], " ", firmness(row.strength), " ", place(claim)), form);
  if (document.activeElement === document.body) form.querySelector("button.main").focus({ preventScroll: true });
}

function keep(form, claim, order) {
  const found = { order };
  for (const field of form.elements) if (field.name) found[field.name] = field.type === "checkbox" ? field.checked : field.value;
  decisions[claim.number] = found;
  store();
}

function store() {
  try { localStorage.setItem(SAVED, JSON.stringify(decisions)); } catch { say("This browser keeps nothing; download before you close the page"); }
}

/** Return the rows of a claim whose target stands in the text: a given one may be absent. */
function aimedRows(claim) {
  return claim.rows.filter((r) => r.target && r.at[1] !== null);
}

/**
 * Return the numbers of the claims that count as random sample: all that were decided in the part of the random order
 * that was reviewed, also those that the queue had asked for before, since they are the least certain.
 */
function sampled() {
  const order = reviewOrder("random").map((claim) => claim.number);
  const last = order.findLastIndex((number) => decisions[number]?.order === "random");
  return new Set(order.slice(0, last + 1));
}

/** Return every decision as JSON lines: one a row and field, as docs/corrections.md has it. */
function corrections() {
  const lines = [], random = sampled();
  for (const [number, found] of Object.entries(decisions)) {
    const claim = CLAIMS[number];
    const add = (row, field, old, value, target) => lines.push(JSON.stringify({
      article_id: row.article_id, part: row.part, start: row.at[0], target_start: target ? row.at[1] : null,
      field, old, new: value, comment: found.comment || "", order: random.has(claim.number) ? "random" : "queue",
    }));
    const row = claim.rows[0];
    add(row, "kind", "claim", found.kind);
    if (found.kind !== "claim") continue; // the other fields of a sentence that claims nothing mean nothing
    add(row, "act", row.act, found.act);
    if (row.strength) add(row, "strength", row.strength, found.strength);
    if (row.source) add(row, "source", row.source, found.source ? null : row.source);
    for (const aimed of aimedRows(claim)) {
      const none = found[`target ${aimed.at[1]}`] === true;
      add(aimed, "target", aimed.target, none ? null : aimed.target, true);
      if (!none && aimed.stance) add(aimed, "stance", aimed.stance, found[`stance ${aimed.at[1]}`], true);
    }
  }
  return lines.map((line) => line + "\n").join("");
}
