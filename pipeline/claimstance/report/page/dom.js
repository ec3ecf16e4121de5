// Building elements. Text only ever becomes a text node, so nothing in an article can become markup.

/** Return an element; `props` are attributes, but functions are listeners, and null or false leaves one out. */
function el(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function svg(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Return a link to the web, or plain text where the address is not http or https. */
function outside(address, text) {
  let url = null;
  try { url = new URL(address); } catch { return text; }
  if (url.protocol !== "http:" && url.protocol !== "https:") return text;
  return el("a", { href: url.href, rel: "noopener noreferrer nofollow", target: "_blank" }, text);
}

function plural(count, one, many) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many || one + "s"}`;
}

function say(text) {
  document.getElementById("status").textContent = text;
}

/** Give the user a file. */
function download(name, text, type) {
  const link = el("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Return the hash of a view with its parameters, such as `#article=a1&claim=7`. */
function hash(view, value, more) {
  const parts = value === undefined ? [view] : [`${view}=${encodeURIComponent(value)}`];
  for (const [name, given] of Object.entries(more || {})) {
    if (given !== "" && given !== null && given !== undefined) parts.push(`${name}=${encodeURIComponent(given)}`);
  }
  return "#" + parts.join("&");
}

/** Return a list with a button that shows the next `size` items, so that long ones do not slow the page. */
function inSteps(items, size, make, holder) {
  let shown = 0;
  const more = el("button", { class: "more", type: "button", click: grow });
  function grow() {
    const first = shown;
    holder.append(...items.slice(shown, shown + size).map(make));
    shown = Math.min(items.length, shown + size);
    more.textContent = `Show ${Math.min(size, items.length - shown)} more of ${items.length - shown}`;
    more.hidden = shown === items.length;
    if (first > 0) holder.children[first].querySelector("a, button")?.focus();
  }
  grow();
  return more;
}
