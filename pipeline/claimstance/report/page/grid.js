// A table that draws only the rows in sight, so that ten thousand stay smooth. Rows have one height.

const ROW_HEIGHT = 54; // pixels, as .grid .row in style.css
const PRINTED = 500; // rows that are drawn for the printer
const SPARE = 8; // rows drawn above and below what is in sight

class Grid {
  /**
   * @param columns [{key, name, width, value(row) for sorting, cell(row), first: "down" where sorting begins with the largest}]
   * @param open what Enter or a click on a row does
   */
  constructor(columns, open) {
    Object.assign(this, { columns, open, rows: [], entries: [], closed: new Set(), sorting: { key: null, down: false }, group: null, active: 0 });
    this.heads = el("div", { class: "row head", role: "row", "aria-rowindex": 1 }, columns.map((column) =>
      el("div", { role: "columnheader", "aria-sort": "none" }, el("button", { type: "button", click: () => this.sortBy(column.key) }, column.name))));
    this.inner = el("div", { class: "inner", role: "rowgroup" });
    this.node = el("div", {
      class: "grid", role: "grid", tabindex: "0", "aria-label": "Claims; arrow keys move, Enter opens the sentence",
      scroll: () => this.draw(), keydown: (event) => this.key(event),
    }, el("div", { role: "rowgroup", class: "sticky" }, this.heads), this.inner);
    this.node.style.setProperty("--columns", columns.map((column) => column.width).join(" "));
    this.printed = el("p", { class: "note printed" });
    addEventListener("beforeprint", () => {
      if (!this.node.isConnected) return;
      this.drawRange(0, PRINTED);
      this.printed.textContent = this.entries.length > PRINTED ? `The first ${PRINTED} of ${this.entries.length} lines are printed; the CSV has all.` : "";
    });
    addEventListener("afterprint", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.node);
  }

  show(rows, group) {
    if (group !== this.group) this.closed.clear();
    Object.assign(this, { rows, group, active: 0 });
    this.arrange(true);
    this.node.scrollTop = 0;
  }

  sortBy(key) {
    const column = this.columns.find((c) => c.key === key);
    const down = this.sorting.key === key ? !this.sorting.down : column.first === "down";
    this.sorting = { key, down };
    [...this.heads.children].forEach((head, i) =>
      head.setAttribute("aria-sort", this.columns[i].key !== key ? "none" : down ? "descending" : "ascending"));
    say(`Sorted by ${column.name}, ${down ? "descending" : "ascending"}`);
    this.arrange(false);
  }

  /** Sort, then lay rows out under the headings of their groups. */
  arrange(fresh) {
    const column = this.columns.find((c) => c.key === this.sorting.key);
    this.sorted = column ? this.sortedBy(column) : this.rows;
    this.entries = this.sorted.map((row) => ({ row }));
    if (this.group) {
      const groups = new Map();
      for (const row of this.sorted) {
        const name = this.group(row) || "none";
        if (!groups.has(name)) groups.set(name, []);
        groups.get(name).push(row);
      }
      const ordered = [...groups].sort((a, b) => b[1].length - a[1].length);
      if (fresh && groups.size > 12) for (const [name] of ordered) this.closed.add(name);
      this.entries = ordered.flatMap(([name, rows]) =>
        [{ name, size: rows.length }, ...(this.closed.has(name) ? [] : rows.map((row) => ({ row })))]);
    }
    this.node.setAttribute("aria-rowcount", this.entries.length + 1);
    this.inner.style.height = `${this.entries.length * ROW_HEIGHT}px`;
    this.draw();
  }

  sortedBy({ value }) {
    const sign = this.sorting.down ? -1 : 1;
    const empty = (v) => v === null || v === undefined || v === "";
    return [...this.rows].sort((one, other) => {
      const [a, b] = [value(one), value(other)];
      if (empty(a) || empty(b)) return empty(a) - empty(b); // what is missing comes last either way
      return sign * (typeof a === "number" ? a - b : a.localeCompare(b)) || one.number - other.number;
    });
  }

  draw() {
    const first = Math.max(0, Math.floor(this.node.scrollTop / ROW_HEIGHT) - SPARE);
    const last = Math.min(this.entries.length, Math.ceil((this.node.scrollTop + this.node.clientHeight) / ROW_HEIGHT) + SPARE);
    this.drawRange(first, last);
  }

  drawRange(first, last) {
    this.inner.replaceChildren(...this.entries.slice(first, last).map((entry, i) => this.line(entry, first + i)));
    const active = this.entries.length ? `g${this.active}` : null;
    if (active && document.getElementById(active)) this.node.setAttribute("aria-activedescendant", active);
    else this.node.removeAttribute("aria-activedescendant");
  }

  line(entry, at) {
    const cells = entry.row
      ? this.columns.map((column) => el("div", { role: "gridcell" }, column.cell(entry.row)))
      : el("div", { role: "gridcell", class: "group" }, `${this.closed.has(entry.name) ? "▸" : "▾"} ${entry.name} `, el("small", {}, entry.size));
    const node = el("div", {
      class: `row${at === this.active ? " active" : ""}${entry.row?.needs_review.length ? " unsure" : ""}`, role: "row", id: `g${at}`, "aria-rowindex": at + 2,
      "aria-expanded": entry.row ? null : String(!this.closed.has(entry.name)),
      click: (event) => { this.active = at; if (!event.target.closest("a")) this.choose(); },
    }, cells);
    node.style.top = `${at * ROW_HEIGHT}px`;
    return node;
  }

  choose() {
    const entry = this.entries[this.active];
    if (!entry) return;
    if (entry.row) return this.open(entry.row);
    if (!this.closed.delete(entry.name)) this.closed.add(entry.name);
    this.arrange(false);
  }

  key(event) {
    if (event.target !== this.node) return;
    const page = Math.max(1, Math.floor(this.node.clientHeight / ROW_HEIGHT) - 2);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key === "Enter") this.choose();
    else if (event.key in steps) {
      this.active = Math.max(0, Math.min(this.entries.length - 1, this.active + steps[event.key]));
      const top = this.active * ROW_HEIGHT;
      const seen = this.node.clientHeight - this.heads.offsetHeight;
      if (top < this.node.scrollTop) this.node.scrollTop = top;
      else if (top + ROW_HEIGHT > this.node.scrollTop + seen) this.node.scrollTop = top + ROW_HEIGHT - seen;
      this.draw();
    } else return;
    event.preventDefault();
  }
}
