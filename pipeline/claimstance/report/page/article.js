// The article as it stood, with marks in the text and a card per claim in the margin.

function articleView(parameters) {
  const article = ARTICLES.get(parameters.article);
  return article ? oneArticle(article, Number(parameters.claim ?? -1)) : articleList();
}

function articleList() {
  const counts = new Map();
  for (const claim of CLAIMS) counts.set(claim.rows[0].article_id, (counts.get(claim.rows[0].article_id) || 0) + 1);
  const list = el("ol", { class: "articles" });
  const more = inSteps(DATA.articles, 200, (article) =>
    el("li", {}, el("span", { class: "when" }, article.day || ""), " ", el("a", { href: hash("article", article.id) }, heading(article)), " ",
      el("small", {}, [article.outlet, plural(counts.get(article.id), "claim")].filter(Boolean).join(", "))), list);
  return [el("h2", { tabindex: "-1" }, "Articles"), list, more];
}

function oneArticle(article, wanted) {
  const claims = CLAIMS.filter((claim) => claim.rows[0].article_id === article.id);
  const order = DATA.articles.indexOf(article);
  const turn = (step, text) => {
    const other = DATA.articles[order + step];
    return other ? el("a", { href: hash("article", other.id) }, text) : null;
  };
  const facts = [article.outlet, article.day, plural(claims.length, "claim"), article.url ? outside(article.url, "at the outlet") : null];
  const inTitle = claims.filter((claim) => claim.rows[0].part === "title");
  const inBody = claims.filter((claim) => claim.rows[0].part !== "title");
  const title = article.title ? stretch(article.title, 0, article.title.length, inTitle, []) : el("span", { class: "untitled" }, "Untitled article");
  setTimeout(() => { if (CLAIMS[wanted]) lead(CLAIMS[wanted], true); });
  return [
    el("p", { class: "turn" }, turn(-1, "← previous"), el("a", { href: "#article" }, "All articles"), turn(1, "next →")),
    key(),
    el("article", { class: "article" },
      el("div", { class: "para" }, el("h2", { tabindex: "-1" }, title), cards(inTitle)),
      el("p", { class: "facts" }, facts.filter(Boolean).flatMap((fact, i) => (i ? [" · ", fact] : [fact]))),
      paragraphs(article.body).map(([from, to]) => {
        const here = inBody.filter((claim) => claim.rows[0].start < to && claim.rows[0].end > from);
        const begun = here.filter((claim) => claim.rows[0].start >= from);
        return el("div", { class: "para" }, el("p", {}, stretch(article.body, from, to, here, article.furniture)), cards(begun));
      })),
  ];
}

/** Return the stretches of text between line breaks, as offsets. */
function paragraphs(body) {
  return [...body.matchAll(/[^\n]+/g)].map((found) => [found.index, found.index + found[0].length]);
}

/** Return text with its claims marked, and numbered where they begin; page furniture is dimmed. */
function stretch(text, from, to, claims, furniture) {
  const dimmed = furniture.map(([a, b]) => ["furniture", a, b]);
  const pieces = [];
  let at = from;
  for (const claim of claims) {
    const start = Math.max(claim.rows[0].start, from);
    const stop = Math.min(claim.rows[0].end, to);
    const words = marked(text, start, stop, [...spansOf(claim), ...dimmed]);
    if (claim.rows[0].start < from) {
      pieces.push(el("span", { class: "sentence" }, words));
      at = stop;
      continue;
    }
    pieces.push(marked(text, at, start, dimmed), el("span", { class: "sentence", id: `s${claim.number}` },
      el("a", { class: "ref", href: `#c${claim.number}`, "aria-label": `Claim ${claim.number}`, click(event) { event.preventDefault(); lead(claim, false); } }, numberIn(claim)),
      words));
    at = stop;
  }
  pieces.push(marked(text, at, to, dimmed));
  return pieces;
}

/** Return the place of a claim in its article, counted from 1. */
function numberIn(claim) {
  const id = claim.rows[0].article_id;
  return 1 + claim.number - CLAIMS.findIndex((other) => other.rows[0].article_id === id);
}

function cards(claims) {
  return el("aside", { class: "cards", "aria-label": "Claims of this paragraph" }, claims.map(card));
}

function card(claim) {
  const row = claim.rows[0];
  const doubts = doubtsOf(claim);
  return el("div", { class: doubts.length ? "card unsure" : "card", id: `c${claim.number}`, tabindex: "-1" },
    el("p", {}, el("a", { class: "ref", href: `#s${claim.number}`, "aria-label": "To the sentence", click(event) { event.preventDefault(); lead(claim, true); } }, numberIn(claim)),
      el("b", {}, speakerOf(row)), " ", ACT_NAMES[row.act], " ", el("small", {}, percent(row.act_probability)), " ", firmness(row.strength), " ", el("small", {}, percent(row[`p_${row.strength}`]))),
    el("p", {}, claim.rows.filter((r) => r.target).map((r) => el("span", { class: "aim" }, "→ ", pairLink(r.who, r.whom, r.whom), " ", stance(r.stance), " ", el("small", {}, r.stance ? percent(r[`p_${r.stance}`]) : ""), " ")),
      checkMark(doubts.length, doubts)));
}

/** Go to a claim's sentence or to its card, and light both. */
function lead(claim, toText) {
  document.querySelectorAll(".lit").forEach((node) => node.classList.remove("lit"));
  const [text, note] = [document.getElementById(`s${claim.number}`), document.getElementById(`c${claim.number}`)];
  if (!text || !note) return;
  text.classList.add("lit");
  note.classList.add("lit");
  (toText ? text : note).scrollIntoView({ block: "center" });
  (toText ? text.querySelector("a") : note).focus({ preventScroll: true });
}
