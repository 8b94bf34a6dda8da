// The Discord column: channels, messages with embeds and buttons, slash commands, forms.

import { Column } from "./column.js";
import { clock, el, face, fill, plain, select, videos } from "./dom.js";
import { Slash } from "./slash.js";

const STYLES = { 1: "primary", 2: "", 3: "good", 4: "bad", 5: "" };

/** The guild. */
export class Discord extends Column {
  constructor(app) {
    super("discord", "Discord", app);
    this.channel = "general";
    this.commands = [];
    this.tabs = app.cast.channels.map((name) =>
      el("button", { type: "button", role: "tab", onclick: () => this.enter(name) }, `#${name}`),
    );
    this.tools.append(el("div", { role: "tablist", "aria-label": "Channels", className: "tabs" }, ...this.tabs));
    this.entry = el("input", { "aria-label": "Message", autocomplete: "off", maxLength: 2000, placeholder: "Message, or / for commands" });
    this.sample = select("Attach a video", [["", "📎 no video"], ...app.cast.samples.map((name) => [name, `📎 ${name}`])]);
    this.composer = el("form", { className: "composer", onsubmit: (event) => this.say(event) }, this.entry, this.sample, el("button", { className: "go" }, "Send"));
    this.foot.append(this.composer);
    this.slash = new Slash(this);
    this.enter("general");
  }

  /** Opens a channel. */
  enter(name) {
    this.channel = name;
    this.tabs.forEach((tab) => {
      const here = tab.textContent.startsWith(`#${name}`);
      tab.setAttribute("aria-selected", here);
      tab.tabIndex = here ? 0 : -1;
      if (here) tab.textContent = `#${name}`;
    });
    this.refresh();
    this.down();
  }

  state(item) {
    super.state(item);
    this.commands = item.commands;
  }

  make() {
    const parts = Object.fromEntries(["head", "text", "embeds", "films", "rows", "foot"].map((name) => [name, el("div", { className: name })]));
    const node = el("article", { className: "message" }, ...Object.values(parts));
    node.parts = parts;
    node.fresh = true;
    return node;
  }

  look(node) {
    const item = node.item;
    node.hidden = item.channel !== this.channel || (item.only && item.only !== this.app.who);
    if (node.fresh && item.channel !== this.channel && this.app.ready && !item.only) {
      const tab = this.tabs.find((one) => one.textContent === `#${item.channel}`);
      if (tab) tab.textContent += " ●";
    }
    node.fresh = false;
  }

  draw(item, node) {
    node.classList.toggle("only", Boolean(item.only));
    const { head, text, embeds, films, rows, foot } = node.parts;
    fill(head, [item.author, item.edited, item.answers, item.asked], () => [
      item.answers && el("p", { className: "answers" }, `↱ ${plain(item.answers)}`),
      item.asked && el("p", { className: "answers" }, `answers /${item.asked}`),
      face(item.author, item.bot),
      el("strong", {}, item.author),
      item.bot && el("span", { className: "badge" }, "APP"),
      el("time", { dateTime: item.at }, clock(item.at)),
      item.edited && el("span", { className: "quiet" }, "(edited)"),
    ]);
    fill(text, [item.text, item.loading], () => (item.loading ? [el("em", { className: "quiet" }, "ClipBOT is thinking …")] : [item.text && el("p", {}, plain(item.text))]));
    fill(embeds, item.embeds, (all) => all.map(embed));
    fill(films, item.videos, videos);
    fill(rows, item.rows, (all) => all.map((row) => el("div", { className: "row" }, ...row.map((one) => this.button(item, one)))));
    fill(foot, [item.reactions, item.only, item.videos.length > 0, item.author === this.app.who, this.app.role, this.app.who], () => this.below(item));
  }

  button(item, one) {
    const press = async () => this.came(await this.act("press", { message: item.id, button: one.id }));
    return el("button", { type: "button", className: STYLES[one.style] || "", disabled: one.off, onclick: press }, one.label || "⋯");
  }

  below(item) {
    if (item.only) return [el("p", { className: "quiet" }, `Only you, ${item.only}, see this.`)];
    const small = (label, told, onclick) => el("button", { type: "button", className: "small", title: told, "aria-label": told, onclick }, label);
    const react = (emoji) => small(`${emoji} ${item.reactions[emoji] || ""}`.trim(), `React ${emoji}`, () => this.act("react", { message: item.id, emoji }));
    const given = Object.keys(item.reactions);
    const menus = item.videos.length ? this.commands.filter((one) => one.type === 3) : [];
    const use = (command) => async () => this.came(await this.act("menu", { message: item.id, command }));
    const mine = item.author === this.app.who || this.app.role !== "viewer";
    return [
      ...[...new Set([...given, "👍"])].map(react),
      small("Reply", `Reply to ${item.author}`, () => this.answerTo(item)),
      ...menus.map((one) => small(one.name, `${one.name}: ${item.author}'s video`, use(one.name))),
      mine && small("Delete", "Delete this message", () => this.act("delete", { message: item.id })),
    ];
  }

  async say(event) {
    event.preventDefault();
    if (!this.entry.value.trim() && !this.sample.value) return;
    const body = { text: this.entry.value, channel: this.channel, sample: this.sample.value, answers: this.answering };
    if (!(await this.act("say", body))) return;
    this.entry.value = this.sample.value = "";
    this.answerTo(null);
    this.entry.focus();
  }

  /** What an interaction was answered with: maybe a form. */
  came(said) {
    if (said?.form) this.form(said);
    return said;
  }

  form(said) {
    const dialog = document.getElementById("form");
    const fields = said.fields.map((one) => {
      const props = { name: one.id, value: one.value, required: one.required };
      const entry = one.long ? el("textarea", { ...props, rows: 4 }) : el("input", props);
      return el("label", {}, one.label, one.about && el("span", { className: "quiet" }, one.about), entry);
    });
    const problem = el("p", { className: "error", role: "alert" });
    const send = async (event) => {
      event.preventDefault();
      const typed = Object.fromEntries(new FormData(event.target));
      try {
        this.came(await this.app.act("discord/fill", { form: said.form, fields: typed }));
        dialog.close();
      } catch (error) {
        problem.textContent = error.message;
      }
    };
    const cancel = el("button", { type: "button", onclick: () => dialog.close() }, "Cancel");
    const row = el("div", { className: "row" }, el("button", { className: "go" }, "Submit"), cancel);
    dialog.replaceChildren(el("h2", { id: "form-title" }, said.title), el("form", { onsubmit: send }, ...fields, problem, row));
    dialog.showModal();
  }
}

function embed(one) {
  const fields = one.fields.map(([name, value]) => el("div", {}, el("dt", {}, plain(name)), el("dd", {}, plain(value))));
  return el("div", { className: "embed" }, one.title && el("strong", {}, plain(one.title)), one.text && el("p", {}, plain(one.text)), fields.length > 0 && el("dl", {}, ...fields));
}
