// The Discord column: channels, messages with embeds and buttons, slash commands, the menu of a message, forms.

import { Column } from "./column.js";
import { clock, el, face, fill, images, plain, select, small, videos } from "./dom.js";
import { openMenu } from "./menu.js";
import { Slash } from "./slash.js";

const STYLES = { 1: "primary", 2: "", 3: "good", 4: "bad", 5: "" };
const MODERATORS = "mods";

/** The guild. */
export class Discord extends Column {
  constructor(app) {
    super("discord", "Discord", app);
    this.channel = "general";
    this.commands = [];
    this.dismissed = new Set();
    this.tabs = new Map(app.cast.channels.map((name) => [name, el("button", { type: "button", onclick: () => this.enter(name) }, `#${name}`)]));
    this.tools.append(el("nav", { "aria-label": "Channels", className: "tabs" }, ...this.tabs.values()));
    this.entry = el("input", { id: "discord-entry", "aria-label": "Message on Discord", maxLength: 2000, placeholder: "Message, or / for commands" });
    this.sample = select("Attach a video", [["", "📎 no video"], ...app.cast.samples.map((name) => [name, `📎 ${name}`])]);
    this.composer = el("form", { className: "composer", onsubmit: (event) => this.say(event) }, this.entry, this.sample, el("button", { className: "go" }, "Send"));
    this.foot.append(this.composer);
    this.slash = new Slash(this);
    this.enter("general");
  }

  /** Opens a channel. */
  enter(name) {
    this.channel = name;
    for (const [each, tab] of this.tabs) {
      if (each === name) {
        tab.setAttribute("aria-current", "true");
        this.mark(tab, false);
      } else tab.removeAttribute("aria-current");
    }
    this.refresh();
    this.down();
  }

  refresh() {
    const viewer = this.app.role === "viewer";
    this.tabs.get(MODERATORS).hidden = viewer;
    if (viewer && this.channel === MODERATORS) return this.enter("general");
    super.refresh();
  }

  /** The id of the newest clip that can be voted on here. */
  newest() {
    const ids = [...this.nodes.values()].flatMap((node) => node.item.rows.flat()).map((one) => one.id?.match(/[?&]clip=(\w+)/)?.[1]);
    return ids.filter(Boolean).at(-1);
  }

  mark(tab, unread) {
    tab.classList.toggle("unread", unread);
    tab.title = unread ? "Something new" : "";
  }

  state(item) {
    super.state(item);
    this.commands = item.commands;
  }

  make() {
    const parts = Object.fromEntries(["head", "text", "embeds", "films", "rows", "reactions", "foot"].map((name) => [name, el("div", { className: name })]));
    const node = el("article", { className: "message", oncontextmenu: (event) => this.menu(event, node.item) }, ...Object.values(parts));
    node.parts = parts;
    node.fresh = true;
    return node;
  }

  look(node) {
    const item = node.item;
    node.hidden = item.channel !== this.channel || (item.only && item.only !== this.app.who) || this.dismissed.has(item.key);
    if (node.fresh && item.channel !== this.channel && this.app.ready && !item.only) this.mark(this.tabs.get(item.channel), true);
    node.fresh = false;
  }

  draw(item, node) {
    node.classList.toggle("only", Boolean(item.only));
    const { head, text, embeds, films, rows, reactions, foot } = node.parts;
    fill(head, [item.author, item.edited, item.answers, item.asked], () => [
      item.answers && el("p", { className: "answers" }, `↱ ${plain(item.answers)}`),
      item.asked && el("p", { className: "answers" }, `↱ ${item.asked}`),
      face(item.author, item.bot),
      el("strong", {}, item.author),
      item.bot && el("span", { className: "badge" }, "APP"),
      el("time", { dateTime: item.at }, clock(item.at)),
      item.edited && el("span", { className: "quiet" }, "(edited)"),
    ]);
    fill(text, [item.text, item.loading], () => (item.loading ? [el("em", { className: "quiet" }, "ClipBOT is thinking …")] : [item.text && el("p", {}, plain(item.text))]));
    fill(embeds, item.embeds, (all) => all.map(embed));
    fill(films, [item.videos, item.images], () => [...videos(item.videos), ...images(item.images)]);
    fill(rows, item.rows, (all) => all.map((row) => el("div", { className: "row" }, ...row.map((one) => this.button(item, one)))));
    fill(reactions, item.reactions, (given) => Object.entries(given).map(([emoji, count]) => small(`${emoji} ${count}`, `${emoji}: ${count} reacted; you too`, () => this.react(item, emoji))));
    fill(foot, [item.only], () => this.below(item, node));
  }

  button(item, one) {
    const press = async (event) => {
      event.target.setAttribute("aria-busy", "true");
      this.came(await this.act("press", { message: item.id, button: one.id }));
      event.target.removeAttribute("aria-busy");
    };
    return el("button", { type: "button", className: STYLES[one.style] || "", disabled: one.off, onclick: press }, one.label || "⋯");
  }

  below(item, node) {
    if (item.only) return [el("span", { className: "quiet" }, "Only you can see this."), small("Dismiss", "Dismiss message", () => { this.dismissed.add(item.key); this.look(node); })];
    return [
      small("👍", "React 👍", () => this.react(item, "👍")),
      small("Reply", `Reply to ${item.author}`, () => this.answerTo(item)),
      small("⋯", "More", (event) => this.menu(event, node.item)),
    ];
  }

  react(item, emoji) {
    return this.act("react", { message: item.id, emoji });
  }

  menu(event, item) {
    if (item.only || event.target.closest("video")) return;
    event.preventDefault();
    const of = { message: item.id };
    const moderates = this.app.role !== "viewer";
    const people = this.app.cast.people;
    const use = (command) => [`Apps › ${command}`, async () => this.came(await this.act("menu", { ...of, command }))];
    const room = event.target.getBoundingClientRect();
    openMenu(event.clientX || room.left, event.clientY || room.bottom, [
      ...this.commands.filter((one) => one.type === 3).map((one) => use(one.name)),
      ["Reply", () => this.answerTo(item)],
      (moderates || item.author === this.app.who) && ["Delete message", () => this.act("delete", of)],
      moderates && item.author in people && people[item.author] !== "owner" && [item.banned ? `Let ${item.author} back in` : `Ban ${item.author}`, () => this.act("ban", of)],
    ]);
  }

  async say(event) {
    event.preventDefault();
    if (!this.entry.value.trim() && !this.sample.value) return;
    const body = { text: this.entry.value, channel: this.channel, sample: this.sample.value, answers: this.answering };
    if (!(await this.act("say", body))) return;
    this.entry.value = this.sample.value = "";
    this.answerTo(null);
    this.entry.focus();
    this.down();
  }

  /** What an interaction was answered with: maybe a form. */
  came(said) {
    if (said?.form) this.form(said);
    this.down();
  }

  form(said) {
    const dialog = document.getElementById("form");
    const fields = said.fields.map((one) => {
      const props = { name: one.id, value: one.value, required: one.required, minLength: one.min, maxLength: one.max };
      const entry = one.long ? el("textarea", { ...props, rows: 4 }) : el("input", { ...props, autocomplete: "off" });
      return el("label", {}, el("span", {}, one.label, one.required ? " *" : ""), one.about && el("span", { className: "quiet" }, one.about), entry);
    });
    const problem = el("p", { className: "error", role: "alert" });
    const send = async (event) => {
      event.preventDefault();
      const typed = Object.fromEntries(new FormData(event.target));
      try {
        const came = await this.app.act("discord/fill", { form: said.form, fields: typed });
        dialog.close();
        this.came(came);
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
