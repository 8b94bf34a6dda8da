// What the three chats share: a head, a log of items that change in place, an answer under way, and a place for trouble.

import { el } from "./dom.js";

const NEAR = 60;

/** One chat. Subclasses draw their items with `draw(item, node)` and put their composer into `foot`. */
export class Column {
  constructor(name, title, app) {
    this.name = name;
    this.app = app;
    this.nodes = new Map();
    this.answering = "";
    this.low = true;
    this.top = 0;
    this.dot = el("span", { className: "dot" });
    this.listening = el("span", { className: "quiet", role: "status" }, "ClipBOT is coming …");
    this.tools = el("div", { className: "tools" });
    this.items = el("div", { className: "items" });
    this.log = el("div", { className: "log", role: "log", "aria-label": `${title} chat`, tabIndex: 0, onscroll: () => this.scrolled() }, this.items);
    this.problem = el("p", { className: "error", role: "alert" });
    this.answer = el("p", { className: "answering", hidden: true });
    this.foot = el("div", { className: "foot" });
    const head = el("header", {}, el("h2", { id: `${name}-title` }, title), this.dot, this.listening, this.tools);
    document.getElementById(name).append(head, this.log, this.answer, this.problem, this.foot);
    // Videos grow when they are loaded, forms take room away: who reads the end goes on doing so.
    const watch = new ResizeObserver(() => this.low && this.down());
    for (const part of [this.items, this.log]) watch.observe(part);
  }

  /** Only who scrolls up stops reading the end; that the end moves on is no scrolling. */
  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.log;
    this.low = scrollHeight - scrollTop - clientHeight < NEAR || (this.low && scrollTop >= this.top);
    this.top = scrollTop;
  }

  /** Starts from the whole. */
  reset() {
    this.nodes.clear();
    this.items.replaceChildren();
  }

  /** Takes an item, new or changed. */
  take(item) {
    if (item.kind === "state") return this.state(item);
    let node = this.nodes.get(item.key);
    if (!node) {
      node = this.make(item);
      this.nodes.set(item.key, node);
      this.place(node, item);
    }
    node.item = item;
    this.draw(item, node);
    this.look(node);
  }

  /** An item is gone. */
  drop(key) {
    this.nodes.get(key)?.remove();
    this.nodes.delete(key);
  }

  /** The person or the channel changed. */
  refresh() {
    for (const node of this.nodes.values()) {
      this.draw(node.item, node);
      this.look(node);
    }
  }

  place(node) {
    this.items.append(node);
  }

  look() {}

  down() {
    this.low = true;
    this.log.scrollTop = this.log.scrollHeight;
  }

  state(item) {
    this.been ||= item.listening;
    this.dot.className = item.listening ? "dot on" : this.been ? "dot off" : "dot";
    this.listening.textContent = item.listening ? "ClipBOT listens" : this.been ? "ClipBOT is away" : "ClipBOT is coming …";
    this.listening.title = item.violations.join("\n");
  }

  /** Answers a message, or none. */
  answerTo(item) {
    this.answering = item ? item.id : "";
    this.answer.hidden = !item;
    if (!item) return this.answer.replaceChildren();
    const cancel = el("button", { type: "button", className: "small", onclick: () => this.answerTo(null) }, "Don't");
    this.answer.replaceChildren(`Answering ${item.author} `, cancel);
    this.entry.focus();
  }

  /** Does something as the person who is played; trouble is told below the chat. */
  async act(what, body) {
    this.problem.textContent = "";
    try {
      return await this.app.act(`${this.name}/${what}`, body);
    } catch (error) {
      this.problem.textContent = error.message;
      return null;
    }
  }
}
