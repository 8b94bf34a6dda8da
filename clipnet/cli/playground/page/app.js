// The playground: who one is, the three chats, first steps, and trouble on demand.

import { Discord } from "./discord.js";
import { el, face } from "./dom.js";
import { Twitch } from "./twitch.js";
import { act, follow } from "./wire.js";
import { X } from "./x.js";

const PLATFORM_TROUBLES = [["429", "429, wait 5 s"], ["503", "503 in HTML"], ["drop", "cut the connection"], ["lost", "lose an answer"]];
const TROUBLES = { discord: PLATFORM_TROUBLES, twitch: PLATFORM_TROUBLES, x: PLATFORM_TROUBLES, api: [["kill", "kill the api"]], worker: [["kill", "kill the worker"]] };
const CALM = matchMedia("(prefers-reduced-motion: reduce)");

class App {
  constructor(cast) {
    this.cast = cast;
    this.ready = false;
    this.who = localStorage.getItem("who") in cast.people ? localStorage.getItem("who") : "Vera";
    this.columns = { discord: new Discord(this), twitch: new Twitch(this), x: new X(this) };
    this.people();
    this.steps();
    this.troubles();
    this.become(this.who);
  }

  get role() {
    return this.cast.people[this.who];
  }

  /** Does something as the person who is played. */
  act(what, { bare = false, ...body }) {
    return act(what, bare ? body : { who: this.who, ...body });
  }

  become(name) {
    this.who = name;
    localStorage.setItem("who", name);
    document.querySelector(`#people input[value="${name}"]`).checked = true;
    for (const column of Object.values(this.columns)) column.refresh();
  }

  /** Be a viewer: this one, or the next who isn't. */
  viewer(other = false) {
    const viewers = Object.keys(this.cast.people).filter((name) => this.cast.people[name] === "viewer");
    if (other || this.role !== "viewer") this.become(viewers[(viewers.indexOf(this.who) + 1) % viewers.length]);
  }

  people() {
    const chips = Object.entries(this.cast.people).map(([name, role]) => {
      const input = el("input", { type: "radio", name: "who", value: name, onchange: () => this.become(name) });
      return el("label", { className: "chip" }, input, face(name), el("span", {}, name), el("span", { className: "quiet" }, role));
    });
    document.getElementById("people").append(...chips);
  }

  steps() {
    const { discord, twitch, x } = this.columns;
    const [sample] = this.cast.samples;
    const command = (name, given) => {
      discord.enter("general");
      if (!discord.slash.open(name, given)) discord.problem.textContent = "ClipBOT's commands aren't here yet; try again in a moment.";
    };
    const steps = [
      ["Clip a video", "Give /clip a sample video and watch the answer become a clip.", "discord", () => command("clip", { file: sample })],
      ["Vote for it", "Press 👍 as two people. Nobody knows whose that video is, so Mo has to approve it.", "discord", () => {
        this.viewer(true);
        discord.enter("clips");
      }],
      ["Clip live", "Olga goes live; say !clip. Twitch's own clip comes at once, the vertical one later.", "twitch", async () => {
        this.viewer();
        if (!twitch.live) await twitch.air(true);
        twitch.entry.value = "!clip";
        twitch.entry.focus();
      }],
      ["Ask on X", "Post a video that mentions @clipbot; the clip comes as a reply.", "x", () => {
        x.entry.value = "@clipbot clip this";
        x.sample.value = sample;
        x.entry.focus();
      }],
      ["Moderate", "Report a clip as a viewer; decide as Mo, in #mods.", "discord", () => {
        this.viewer();
        const id = discord.newest();
        command("report", id ? { id, reason: "shows an address" } : {});
      }],
    ];
    const come = (name) => document.getElementById(name).scrollIntoView({ behavior: CALM.matches ? "auto" : "smooth", block: "nearest", inline: "start" });
    const items = steps.map(([title, about, where, go]) =>
      el("li", {}, el("strong", {}, title), el("button", { type: "button", "aria-label": `Prepare: ${title}`, onclick: () => { come(where); go(); } }, "Prepare"), el("p", {}, about)),
    );
    document.getElementById("steps").append(...items);
  }

  troubles() {
    const told = document.getElementById("trouble-told");
    const bring = async (where, kind) => {
      try {
        told.textContent = `${where}: ${(await act("trouble", { where, kind })).told}`;
      } catch (error) {
        told.textContent = error.message;
      }
    };
    const rows = Object.entries(TROUBLES).map(([where, kinds]) =>
      el("div", { className: "row", role: "group", "aria-label": where }, el("strong", {}, where), ...kinds.map(([kind, label]) => el("button", { type: "button", onclick: () => bring(where, kind) }, label))),
    );
    document.getElementById("troubles").append(...rows);
  }

  follow() {
    const connection = document.getElementById("connection");
    const take = (items) => items.forEach((item) => this.columns[item.column].take(item));
    follow({
      all: (items) => {
        this.ready = false;
        Object.values(this.columns).forEach((column) => column.reset());
        take(items);
        this.ready = true;
        Object.values(this.columns).forEach((column) => column.down());
      },
      items: take,
      gone: (keys) => keys.forEach((key) => this.columns[key.split(":")[0]]?.drop(key)),
      state: (there) => { connection.textContent = there ? "" : "The playground doesn't answer; is it still running in the terminal?"; },
    });
  }
}

const response = await fetch("/cast");
new App(await response.json()).follow();
