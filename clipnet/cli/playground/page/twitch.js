// The Twitch column: a stream that starts and ends, and one line a message.

import { Column } from "./column.js";
import { clock, el, fill, small, videos } from "./dom.js";

const BADGES = { broadcaster: "📺", moderator: "🗡️" };
const BEHIND_S = 3;

/** The chat of the community's channel. */
export class Twitch extends Column {
  constructor(app) {
    super("twitch", "Twitch", app);
    this.live = null;
    this.onair = el("span", { className: "quiet", role: "status" });
    this.button = el("button", { type: "button", className: "small", onclick: () => this.air() });
    this.tools.append(this.onair, this.button);
    this.screen = el("video", { className: "screen", src: app.cast.stream, loop: true, muted: true, controls: true, playsInline: true, preload: "metadata", hidden: true, "aria-label": "The stream", onloadedmetadata: () => this.watch() });
    this.log.before(this.screen);
    const say = (label, told, wants) => small(label, told, () => this.act("crowd", { wants, bare: true }));
    this.crowd = el("div", { className: "row", role: "group", "aria-label": "The crowd", hidden: true }, el("span", { className: "quiet" }, "The crowd"), say("cheers", "A dozen viewers cheer", "cheer"), say("says !clip", "A dozen viewers say !clip", "clip"));
    this.entry = el("input", { id: "twitch-entry", "aria-label": "Message on Twitch", autocomplete: "off", maxLength: 500, placeholder: "Send a message, or !clip …" });
    this.foot.append(this.crowd, el("form", { className: "composer", onsubmit: (event) => this.say(event) }, this.entry, el("button", { className: "go" }, "Chat")));
  }

  refresh() {
    super.refresh();
    const owner = this.app.role === "owner";
    this.button.hidden = !owner;
    this.button.textContent = this.live ? "End the stream" : "Go live";
    this.onair.textContent = this.live ? "🔴 live" : owner ? "" : "offline until Olga goes live";
  }

  state(item) {
    super.state(item);
    const turned = this.live !== item.live;
    this.live = item.live;
    this.screen.hidden = this.crowd.hidden = !item.live;
    if (turned && item.live) this.watch();
    else if (turned) this.screen.pause();
    this.refresh();
  }

  /** Goes live, or ends the stream. */
  air(live = !this.live) {
    return this.act("stream", { live, bare: true });
  }

  /** Shows what is on now, some seconds late like everybody's player. */
  watch() {
    if (!this.live || !this.screen.duration) return;
    this.screen.currentTime = Math.max(0, Date.now() / 1000 - this.live - BEHIND_S) % this.screen.duration;
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) this.screen.play().catch(() => {});
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
      item.gone ? el("em", { className: "quiet" }, "message deleted") : el("span", { className: "words" }, ": ", ...words(item)),
    ]);
    fill(node.parts.films, item.gone || !item.bot ? [] : item.videos, videos);
    fill(node.parts.foot, [item.gone, this.app.role], () => {
      if (item.gone) return [];
      const moderates = this.app.role !== "viewer";
      return [
        small("Reply", `Reply to ${item.author}`, () => this.answerTo(item)),
        moderates && small("Delete", "Delete this line", () => this.act("delete", { message: item.id })),
        moderates && !item.badges.length && small("Time out", `Time ${item.author} out for a minute`, () => this.act("timeout", { message: item.id })),
      ];
    });
  }

  async say(event) {
    event.preventDefault();
    if (!this.entry.value.trim() || !(await this.act("say", { text: this.entry.value, answers: this.answering }))) return;
    this.entry.value = "";
    this.answerTo(null);
    this.entry.focus();
    this.down();
  }
}

function words(item) {
  return item.text.split(/( )/).map((word) => (word in item.links ? el("a", { href: item.links[word], target: "_blank", rel: "noopener" }, word) : word));
}
