// Slash commands: a list that narrows as one types, then a form of the command's options.

import { el, select } from "./dom.js";

const SUB = 1, INTEGER = 4, BOOLEAN = 5, USER = 6, NUMBER = 10, FILE = 11;
const SHOWN = 3;
const TYPING_MS = 200;

/** The entry of slash commands below a Discord channel. */
export class Slash {
  constructor(column) {
    this.column = column;
    this.at = 0;
    this.found = [];
    this.list = el("ul", { id: "commands", role: "listbox", className: "pop", hidden: true, "aria-label": "Commands" });
    const { entry } = column;
    for (const [name, value] of [["role", "combobox"], ["aria-controls", "commands"], ["aria-expanded", "false"], ["aria-autocomplete", "list"]]) entry.setAttribute(name, value);
    entry.addEventListener("input", () => this.narrow());
    entry.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    entry.addEventListener("keydown", (event) => this.key(event));
    column.composer.before(this.list);
  }

  /** Every command that this person sees, those in groups one by one. */
  commands() {
    const seen = this.column.commands.filter((one) => one.type === 1 && (!one.default_member_permissions || this.column.app.role === "owner"));
    return seen.flatMap((one) => {
      const inner = (one.options || []).filter((option) => option.type === SUB);
      if (!inner.length) return [{ ...one, options: one.options || [] }];
      return inner.map((sub) => ({ name: `${one.name} ${sub.name}`, description: sub.description, options: sub.options || [] }));
    });
  }

  narrow() {
    const typed = this.column.entry.value;
    if (!typed.startsWith("/")) return this.close();
    const words = typed.slice(1).toLowerCase();
    this.found = this.commands().filter((one) => one.name.startsWith(words) || words.startsWith(`${one.name} `));
    this.at = 0;
    this.show();
  }

  show() {
    const options = this.found.map((one, number) =>
      el("li", { id: `command-${number}`, role: "option", "aria-selected": String(number === this.at), onmousedown: (event) => { event.preventDefault(); this.choose(one); } }, el("strong", {}, `/${one.name}`), " ", el("span", { className: "quiet" }, one.description)),
    );
    this.list.replaceChildren(...(options.length ? options : [el("li", { className: "quiet" }, "No such command.")]));
    this.list.hidden = false;
    this.column.entry.setAttribute("aria-expanded", "true");
    this.column.entry.setAttribute("aria-activedescendant", options.length ? `command-${this.at}` : "");
    options[this.at]?.scrollIntoView({ block: "nearest" });
  }

  close() {
    this.list.hidden = true;
    this.column.entry.setAttribute("aria-expanded", "false");
    this.column.entry.setAttribute("aria-activedescendant", "");
  }

  key(event) {
    if (this.list.hidden || !this.found.length) return;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) this.at = (this.at + steps[event.key] + this.found.length) % this.found.length;
    else if (event.key === "Escape") return this.close();
    else if (event.key === "Enter" || event.key === "Tab") {
      event.preventDefault();
      return this.choose(this.found[this.at]);
    } else return;
    event.preventDefault();
    this.show();
  }

  /** Opens the form of a command; `given` are options filled in beforehand. */
  choose(command, given = {}) {
    this.close();
    const weight = (one) => (one.name in given ? 0 : one.required ? 1 : one.type === FILE ? 2 : 3);
    const ordered = [...command.options].sort((one, other) => weight(one) - weight(other));
    const fields = ordered.map((option) => this.field(command, option, given[option.name] || ""));
    const must = command.options.filter((one) => one.required).length;
    const first = Math.max(SHOWN, must);
    const more = fields.slice(first);
    const back = () => this.back();
    const row = el("div", { className: "row" }, el("button", { className: "go" }, `Send /${command.name}`), el("button", { type: "button", onclick: back }, "Cancel"));
    const form = el(
      "form",
      { className: "command", onsubmit: (event) => this.send(event, command), onkeydown: (event) => event.key === "Escape" && back() },
      el("p", {}, el("strong", {}, `/${command.name} `), el("span", { className: "quiet" }, command.description)),
      ...fields.slice(0, first),
      more.length > 0 && el("details", {}, el("summary", {}, `${more.length} more options`), ...more),
      row,
    );
    this.form?.remove();
    this.form = form;
    this.column.composer.hidden = true;
    this.column.composer.after(form);
    (Object.keys(given).length ? form.querySelector(".go") : form.querySelector("input, select, button")).focus();
  }

  back() {
    this.form?.remove();
    this.form = null;
    this.column.composer.hidden = false;
    this.column.entry.value = "";
    this.column.entry.focus();
  }

  field(command, option, value) {
    const props = { name: option.name, required: option.required || false, value };
    const { cast } = this.column.app;
    let entry;
    if (option.choices) entry = select(option.name, [["", "–"], ...option.choices.map((one) => [String(one.value), one.name])], { name: option.name });
    else if (option.type === BOOLEAN) entry = select(option.name, [["", "–"], ["true", "yes"], ["false", "no"]], { name: option.name });
    else if (option.type === FILE) entry = select(option.name, [["", "–"], ...cast.samples], { name: option.name });
    else if (option.type === USER) entry = select(option.name, [["", "–"], ...Object.keys(cast.people)], { name: option.name });
    else if (option.type === INTEGER || option.type === NUMBER) entry = el("input", { ...props, type: "number", step: option.type === INTEGER ? 1 : "any", min: option.min_value, max: option.max_value });
    else entry = el("input", { ...props, maxLength: option.max_length || 6000, autocomplete: "off" });
    entry.value = value;
    const label = el("label", { title: option.description }, el("span", {}, option.name, option.required ? " *" : ""), entry);
    if (option.autocomplete) label.append(this.completing(command, option, entry));
    return label;
  }

  completing(command, option, entry) {
    const offered = el("datalist", { id: `offer-${command.name.replace(" ", "-")}-${option.name}` });
    let timer = 0;
    entry.setAttribute("list", offered.id);
    const ask = async () => {
      const body = { channel: this.column.channel, command: command.name, options: { ...this.values(), [option.name]: entry.value }, focused: option.name };
      const said = await this.column.act("complete", body);
      offered.replaceChildren(...(said?.choices || []).map((one) => el("option", { value: String(one.value) }, one.name)));
    };
    for (const name of ["input", "focus"])
      entry.addEventListener(name, () => {
        clearTimeout(timer);
        timer = setTimeout(ask, TYPING_MS);
      });
    return offered;
  }

  values() {
    return Object.fromEntries([...new FormData(this.form)].filter(([, value]) => value !== ""));
  }

  async send(event, command) {
    event.preventDefault();
    const said = await this.column.act("slash", { channel: this.column.channel, command: command.name, options: this.values() });
    if (!said) return;
    this.back();
    this.column.came(said);
  }
}
