// Which view is shown: the address after # names it, so a link to a view can be shared.

const VIEWS = {
  threats: ["Threats and promises", threatsView],
  matrix: ["For and against", matrixView],
  pair: ["Pairs", ledgerView],
  article: ["Articles", articleView],
  claims: ["All claims", claimsView],
  review: ["Review", reviewView],
};

function parametersOf(address) {
  const found = {};
  for (const part of address.replace(/^#/, "").split("&")) {
    const [name, ...rest] = part.split("=");
    try { found[name] = decodeURIComponent(rest.join("=")); } catch { found[name] = ""; }
  }
  return found;
}

function show(moved) {
  const parameters = parametersOf(location.hash);
  const name = Object.keys(VIEWS).find((view) => view in parameters) || "threats";
  const main = document.getElementById("main");
  main.dataset.view = name;
  main.replaceChildren(...VIEWS[name][1](parameters).flat(9).filter(Boolean));
  document.querySelectorAll("#views a").forEach((link) => {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
  if (!moved) return;
  scrollTo(0, 0);
  main.querySelector("h2")?.focus({ preventScroll: true });
}

document.getElementById("views").append(...Object.entries(VIEWS).map(([name, [text]]) => el("a", { href: `#${name}`, "data-view": name }, text)));
document.getElementById("facts").textContent = [
  plural(DATA.articles.length, "article"), plural(CLAIMS.length, "claim"),
  DATA.first && (DATA.first === DATA.last ? DATA.first : `${DATA.first} to ${DATA.last}`), DATA.models.join(", "),
].filter(Boolean).join(" · ");
document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); document.getElementById("main").focus(); });
addEventListener("hashchange", () => show(true));
show(false);
document.documentElement.dataset.ready = "yes";
