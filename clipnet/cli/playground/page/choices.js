// A list that is offered while one types: the commands, and what completes an option.

import { el } from "./dom.js";

const TYPING_MS = 150;
let made = 0;

/** Makes an input a combobox. `offer` gives [{value, name, about}] or null for no list; `take` gets the chosen one. */
export class Choices {
  constructor(entry, label, { offer, take, first = -1 }) {
    Object.assign(this, { entry, offer, take, first, at: first, found: [], asked: 0 });
    this.id = `choices-${++made}`;
    this.list = el("ul", { id: this.id, role: "listbox", className: "pop", popover: "manual", "aria-label": label });
    const about = { role: "combobox", autocomplete: "off", "aria-controls": this.id, "aria-expanded": "false", "aria-autocomplete": "list" };
    for (const [name, value] of Object.entries(about)) entry.setAttribute(name, value);
    entry.addEventListener("input", () => this.ask());
    entry.addEventListener("focus", () => this.ask());
    entry.addEventListener("blur", () => this.close());
    entry.addEventListener("keydown", (event) => this.key(event));
    entry.after(this.list);
  }

  get open() {
    return this.list.matches(":popover-open");
  }

  close() {
    clearTimeout(this.timer);
    this.asked += 1;
    if (this.open) this.list.hidePopover();
    this.entry.setAttribute("aria-expanded", "false");
    this.entry.removeAttribute("aria-activedescendant");
  }

  ask() {
    clearTimeout(this.timer);
    const asked = ++this.asked;
    const typed = this.entry.value;
    this.timer = setTimeout(async () => {
      const found = await this.offer(typed);
      if (asked !== this.asked || !this.entry.isConnected) return;
      this.found = found || [];
      this.at = Math.min(this.first, this.found.length - 1);
      if (found) this.show();
      else this.close();
    }, this.first < 0 ? TYPING_MS : 0);
  }

  show() {
    const options = this.found.map((one, number) =>
      el("li", { id: `${this.id}-${number}`, role: "option", "aria-selected": String(number === this.at), onmousedown: (event) => { event.preventDefault(); this.choose(one); } }, el("strong", {}, one.name), " ", el("span", { className: "quiet" }, one.about || "")),
    );
    this.list.replaceChildren(...(options.length ? options : [el("li", { className: "quiet" }, "Nothing fits.")]));
    const room = this.entry.getBoundingClientRect();
    Object.assign(this.list.style, { left: `${room.left}px`, width: `${room.width}px`, bottom: `${innerHeight - room.top + 4}px` });
    if (!this.open) this.list.showPopover();
    this.entry.setAttribute("aria-expanded", "true");
    if (this.at >= 0) this.entry.setAttribute("aria-activedescendant", `${this.id}-${this.at}`);
    options[this.at]?.scrollIntoView({ block: "nearest" });
  }

  choose(one) {
    this.close();
    this.take(one);
  }

  key(event) {
    if (!this.open || !this.found.length) return;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    const picks = event.key === "Enter" || (event.key === "Tab" && this.first === 0);
    if (event.key in steps) {
      this.at = (this.at + steps[event.key] + this.found.length + (this.at < 0 && event.key === "ArrowUp")) % this.found.length;
      this.show();
    } else if (event.key === "Escape") {
      this.close();
      event.stopPropagation();
    } else if (picks && this.at >= 0) this.choose(this.found[this.at]);
    else return;
    event.preventDefault();
  }
}
