// Slash commands: a list that narrows as one types, then a form of the command's options.

import { Choices } from "./choices.js";
import { el, select } from "./dom.js";

const SUB = 1, INTEGER = 4, BOOLEAN = 5, USER = 6, NUMBER = 10, FILE = 11;
const SHOWN = 3;

/** The entry of slash commands below a Discord channel. */
export class Slash {
  constructor(column) {
    this.column = column;
    new Choices(column.entry, "Commands", { offer: (typed) => this.fitting(typed), take: (one) => this.choose(one.command), first: 0 });
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

  fitting(typed) {
    if (!typed.startsWith("/")) return null;
    const words = typed.slice(1).toLowerCase();
    const found = this.commands().filter((one) => one.name.startsWith(words) || words.startsWith(`${one.name} `));
    return found.map((command) => ({ command, name: `/${command.name}`, about: command.description }));
  }

  /** Opens the form of a command by its name; false while ClipBOT hasn't told of it. */
  open(name, given = {}) {
    const command = this.commands().find((one) => one.name === name);
    if (command) this.choose(command, given);
    return Boolean(command);
  }

  /** Opens the form of a command; `given` are options filled in beforehand. */
  choose(command, given = {}) {
    const weight = (one) => (one.name in given ? 0 : one.required ? 1 : one.type === FILE ? 2 : 3);
    const ordered = [...command.options].sort((one, other) => weight(one) - weight(other));
    const fields = ordered.map((option) => this.field(command, option, given[option.name] || ""));
    const first = Math.max(SHOWN, command.options.filter((one) => one.required).length);
    const more = fields.slice(first);
    const row = el("div", { className: "row" }, el("button", { className: "go" }, `Send /${command.name}`), el("button", { type: "button", onclick: () => this.back() }, "Cancel"));
    const form = el(
      "form",
      { className: "command", "aria-label": `/${command.name}`, onsubmit: (event) => this.send(event, command), onkeydown: (event) => event.key === "Escape" && this.back() },
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
    const props = { name: option.name, required: option.required || false, "aria-description": option.description };
    const { cast } = this.column.app;
    const among = (options) => select(option.name, [["", "–"], ...options], props);
    let entry;
    if (option.choices) entry = among(option.choices.map((one) => [String(one.value), one.name]));
    else if (option.type === BOOLEAN) entry = among([["true", "yes"], ["false", "no"]]);
    else if (option.type === FILE) entry = among(cast.samples);
    else if (option.type === USER) entry = among(Object.keys(cast.people));
    else if (option.type === INTEGER || option.type === NUMBER) entry = el("input", { ...props, type: "number", step: option.type === INTEGER ? 1 : "any", min: option.min_value, max: option.max_value, placeholder: option.description });
    else entry = el("input", { ...props, maxLength: option.max_length || 6000, autocomplete: "off", placeholder: option.description });
    entry.value = value;
    const label = el("label", {}, el("span", {}, option.name, option.required ? " *" : ""), entry);
    if (option.autocomplete) new Choices(entry, option.name, { offer: (typed) => this.complete(command, option, typed), take: (one) => { entry.value = one.value; } });
    return label;
  }

  async complete(command, option, typed) {
    const body = { channel: this.column.channel, command: command.name, options: { ...this.values(), [option.name]: typed }, focused: option.name };
    const said = await this.column.act("complete", body);
    const found = (said?.choices || []).map((one) => ({ value: String(one.value), name: one.name }));
    return found.length ? found : null;
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
