// Threats and promises first; denials, demands and accusations in the same form.

const SECTIONS = {
  threaten: "Threats", promise: "Promises", reject: "Denials and refusals", request: "Demands", accuse: "Accusations",
};

function threatsView(parameters) {
  const wanted = parameters.acts ? parameters.acts.split(",") : ["threaten", "promise"];
  const choice = Object.entries(SECTIONS).map(([act, name]) => {
    const on = wanted.includes(act);
    const next = on ? wanted.filter((other) => other !== act) : [...wanted, act];
    return el("a", { class: "chip", role: "button", "aria-pressed": String(on), href: hash("threats", undefined, { acts: next.join(",") || "none" }) },
      `${name} `, el("small", {}, DATA.threats.filter((t) => t.act === act).length));
  });
  return [
    el("h2", { tabindex: "-1" }, "Threats and promises"),
    el("div", { class: "chips", role: "group", "aria-label": "Kinds of claim" }, choice),
    key(),
    Object.keys(SECTIONS).filter((act) => wanted.includes(act)).map(threatSection),
  ];
}

function threatSection(act) {
  const found = DATA.threats.filter((t) => t.act === act);
  const sure = found.filter((t) => !t.review).length;
  const body = el("tbody");
  const more = inSteps(found, 60, threatRow, body);
  const heads = ["Who", "Whom", "What", "How firmly", ...(DATA.first ? ["When"] : []), "Where"];
  return el("section", { "aria-labelledby": `h-${act}` },
    el("h3", { id: `h-${act}` }, SECTIONS[act], " ", el("small", {}, `${sure} sure, ${found.length - sure} to check`)),
    found.length
      ? el("table", { class: "threats" }, el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))), body)
      : el("p", { class: "note" }, "None found."),
    found.length ? more : null);
}

function threatRow(threat) {
  const claims = claimsOf(threat.rows);
  const best = ROWS[threat.best].claim;
  const times = claims.length === 1 ? "once"
    : `${claims.length} times, ${plural(threat.articles, "article")}`;
  const others = el("ul", { class: "blocks", hidden: true });
  const where = claims.length === 1 ? place(best) : el("button", {
    type: "button", class: "link", "aria-expanded": "false",
    click(event) {
      if (!others.children.length) others.append(...claims.map(block));
      others.hidden = !others.hidden;
      event.currentTarget.setAttribute("aria-expanded", String(!others.hidden));
    },
  }, times);
  const when = threat.first === threat.last ? threat.first : `${threat.first} to ${threat.last}`;
  return el("tr", { class: threat.review ? "unsure" : null },
    el("td", { class: "who" }, threat.who || el("i", {}, "no source")),
    el("td", { class: "who" }, threat.whom.length
      ? threat.whom.map((whom, i) => [i ? ", " : "", pairLink(threat.who, whom, whom)]) : el("i", {}, "no target")),
    el("td", { class: "what" }, el("blockquote", {}, quotation(best)),
      threat.condition ? el("p", { class: "if" }, "If: ", threat.condition) : null, others),
    el("td", {}, firmness(threat.strength), checkMark(threat.review, doubtsOf(best))),
    DATA.first ? el("td", { class: "when" }, when || "undated") : null,
    el("td", { class: "where" }, where));
}
