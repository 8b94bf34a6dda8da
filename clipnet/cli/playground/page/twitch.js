// The Twitch column: one line a message, badges, and a stream that starts and ends.

import { Column } from "./column.js";
import { clock, el, fill, videos } from "./dom.js";

const BADGES = { broadcaster: "📺", moderator: "🗡️" };

/** The chat of the community's channel. */
export class Twitch extends Column {
  constructor(app) {
    super("twitch", "Twitch", app);
    this.live = false;
    this.button = el("button", { type: "button", className: "small", onclick: () => this.act("stream", { live: !this.live, bare: true }) });
    this.tools.append(this.button);
    this.entry = el("input", { "aria-label": "Chat message", autocomplete: "off", maxLength: 500, placeholder: "Send a message, or !clip …" });
    this.foot.append(el("form", { className: "composer", onsubmit: (event) => this.say(event) }, this.entry, el("button", { className: "go" }, "Chat")));
  }

  refresh() {
    super.refresh();
    this.button.disabled = this.app.role !== "owner";
    this.button.title = this.button.disabled ? "Only Olga, whose channel it is, can do that" : "";
  }

  state(item) {
    super.state(item);
    this.live = item.live;
    this.button.textContent = item.live ? "🔴 live – end it" : "Go live";
  }

  make() {
    const parts = { line: el("div", { className: "line" }), films: el("div", { className: "films" }), foot: el("div", { className: "foot" }) };
    const node = el("article", { className: "message" }, ...Object.values(parts));
    node.parts = parts;
    return node;
  }

  draw(item, node) {
    fill(node.parts.line, [item.text, item.gone, item.answers], () => [
      item.answers && el("p", { className: "answers" }, `↱ ${item.answers}`),
      el("time", { dateTime: item.at }, clock(item.at)),
      ...item.badges.map((one) => el("span", { title: one, role: "img", "aria-label": one }, BADGES[one])),
      el("strong", { className: `name ${item.bot ? "bot" : item.author.toLowerCase()}` }, item.author),
      item.gone ? el("em", { className: "quiet" }, "message deleted") : el("span", { className: "words" }, `: ${item.text}`),
    ]);
    fill(node.parts.films, item.gone || !item.bot ? [] : item.videos, videos);
    fill(node.parts.foot, [item.gone, this.app.role], () => {
      if (item.gone) return [];
      const small = (label, onclick) => el("button", { type: "button", className: "small", "aria-label": `${label}: ${item.author}`, onclick }, label);
      const remove = this.app.role !== "viewer" && small("Delete", () => this.act("delete", { message: item.id }));
      return [small("Reply", () => this.answerTo(item)), remove];
    });
  }

  async say(event) {
    event.preventDefault();
    if (!this.entry.value.trim() || !(await this.act("say", { text: this.entry.value, answers: this.answering }))) return;
    this.entry.value = "";
    this.answerTo(null);
    this.entry.focus();
  }
}
