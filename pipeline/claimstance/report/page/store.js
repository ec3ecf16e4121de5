// The data in the page: rows, the claims they make up, articles, and the tables that Python counted.

const DATA = JSON.parse(document.getElementById("data").textContent);

const ROWS = DATA.rows.values.map((values, number) => {
  const row = { number };
  DATA.rows.names.forEach((name, i) => { row[name] = values[i]; });
  return row;
});

const ARTICLES = new Map(DATA.articles.map((article) => [article.id, article]));

// A claim with several targets is several rows.
const CLAIMS = [];
{
  const known = new Map();
  for (const row of ROWS) {
    const key = JSON.stringify([row.article_id, row.part, row.start]);
    if (!known.has(key)) {
      known.set(key, { number: CLAIMS.length, rows: [] });
      CLAIMS.push(known.get(key));
    }
    row.claim = known.get(key);
    row.claim.rows.push(row);
  }
}

function articleOf(row) { return ARTICLES.get(row.article_id); }

function textOf(article, part) { return part === "title" ? article.title || "" : article.body; }

function sentence(row) { return textOf(articleOf(row), row.part).slice(row.start, row.end); }

/** Return a name for an article: its title, else how it begins. */
function heading(article, length = 110) {
  const name = (article.title || article.body).trim().replace(/\s+/g, " ");
  return name.length > length ? name.slice(0, length - 2).trimEnd() + " …" : name;
}

/** Return who stands behind a claim: the source, else the reporter who narrates it. */
function speakerOf(row) { return row.who || (row.quoted === "narrated" ? "reporter" : "no source"); }

function needsReview(claim) { return claim.rows.some((row) => row.needs_review.length > 0); }

/** Return how an address names a pair; a bar within a name would end it. */
function pairName(a, b) { return [a, b].map((name) => name.replaceAll("|", "¦")).join("|"); }

/** Return the claims of some rows, each once, in their order. */
function claimsOf(numbers) { return [...new Set(numbers.map((number) => ROWS[number].claim))]; }
