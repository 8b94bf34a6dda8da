// The X column: posts and the threads under them.

import { Column } from "./column.js";
import { clock, el, face, fill, select, small, videos } from "./dom.js";

/** The timeline. */
export class X extends Column {
  constructor(app) {
    super("x", "X", app);
    this.entry = el("textarea", { id: "x-entry", "aria-label": "Post on X", rows: 2, maxLength: 280, placeholder: "What happens? @clipbot makes clips" });
    this.sample = select("Add a video", [["", "🎬 no video"], ...app.cast.samples.map((name) => [name, `🎬 ${name}`])]);
    const row = el("div", { className: "row" }, this.sample, el("button", { className: "go" }, "Post"));
    this.foot.append(el("form", { className: "composer tall", onsubmit: (event) => this.say(event) }, this.entry, row));
  }

  make(item) {
    const parts = Object.fromEntries(["head", "text", "films", "foot"].map((name) => [name, el("div", { className: name })]));
    const node = el("article", { className: `message post deep-${item.depth}` }, ...Object.values(parts));
    node.dataset.thread = item.thread;
    node.parts = parts;
    return node;
  }

  place(node, item) {
    const thread = [...this.items.children].filter((one) => one.dataset.thread === item.thread);
    if (thread.length) thread.at(-1).after(node);
    else this.items.append(node);
    if (this.app.ready) node.scrollIntoView({ block: "nearest" });
  }

  draw(item, node) {
    const { head, text, films, foot } = node.parts;
    fill(head, item.answers, () => [
      face(item.author, item.bot),
      el("strong", {}, item.author),
      el("span", { className: "quiet" }, item.handle),
      item.bot && el("span", { className: "badge" }, "automated"),
      el("time", { dateTime: item.at }, clock(item.at)),
    ]);
    fill(text, item.text, (words) => [words && el("p", {}, words)]);
    fill(films, item.videos, videos);
    fill(foot, [this.app.who], () => [
      small("Reply", `Reply to ${item.author}`, () => this.answerTo(item)),
      item.videos.length > 0 && !item.bot && small("Mention @clipbot", `Answer ${item.author}'s video with a mention of @clipbot`, () => this.answerTo(item, "@clipbot clip this")),
      item.bot && item.videos.length > 0 && small("Vote up", "Answer the clip with “up”", () => this.answerTo(item, "up")),
      item.author === this.app.who && small("Delete", "Delete this post", () => this.act("delete", { message: item.id })),
    ]);
  }

  answerTo(item, words = "") {
    super.answerTo(item);
    if (words) this.entry.value = words;
  }

  async say(event) {
    event.preventDefault();
    if (!this.entry.value.trim() && !this.sample.value) return;
    if (!(await this.act("say", { text: this.entry.value, sample: this.sample.value, answers: this.answering }))) return;
    this.entry.value = this.sample.value = "";
    this.answerTo(null);
  }
}
