// The playground: who one is, the three chats, first steps, and trouble on demand.

import { Discord } from "./discord.js";
import { el, face } from "./dom.js";
import { Twitch } from "./twitch.js";
import { act, follow } from "./wire.js";
import { X } from "./x.js";

const TROUBLES = [["429", "429, wait"], ["503", "503 in HTML"], ["drop", "cut the connection"], ["lost", "lose an answer"]];
const PLATFORMS = ["discord", "twitch", "x"];

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
    const [link] = this.cast.links;
    const come = (name) => document.getElementById(name).scrollIntoView({ behavior: "smooth", block: "nearest", inline: "start" });
    const steps = [
      ["Clip a video", "In Discord, give /clip a sample video and watch it become a clip.", "discord", () => {
        discord.enter("general");
        const command = discord.slash.commands().find((one) => one.name === "clip");
        if (command) discord.slash.choose(command, { file: sample });
        else discord.problem.textContent = "ClipBOT's commands aren't here yet; try again in a moment.";
      }],
      ["Vote for it", "Be somebody else and vote; two votes approve a clip of this community.", "discord", () => {
        const viewers = Object.keys(this.cast.people).filter((name) => this.cast.people[name] === "viewer");
        this.become(viewers[(viewers.indexOf(this.who) + 1) % viewers.length]);
        discord.enter("clips");
      }],
      ["Ask in the stream's chat", "On Twitch, send !clip with a link; while Olga is live, !clip alone.", "twitch", () => {
        twitch.entry.value = `!clip ${link}`;
        twitch.entry.focus();
      }],
      ["Ask on X", "Post a video and mention @clipbot; the clip comes as a reply.", "x", () => {
        x.entry.value = "@clipbot clip this";
        x.sample.value = sample;
        x.entry.focus();
      }],
    ];
    const items = steps.map(([title, about, where, go]) =>
      el("li", {}, el("strong", {}, title), el("p", {}, about), el("button", { type: "button", onclick: () => { come(where); go(); } }, "Prepare it")),
    );
    document.getElementById("steps").append(...items);
  }

  troubles() {
    const told = document.getElementById("trouble-told");
    const bring = async (platform, kind) => {
      try {
        told.textContent = `${platform}: ${(await act("trouble", { platform, kind })).told}`;
      } catch (error) {
        told.textContent = error.message;
      }
    };
    const rows = PLATFORMS.map((platform) =>
      el("div", { className: "row", role: "group", "aria-label": platform }, el("strong", {}, platform), ...TROUBLES.map(([kind, label]) => el("button", { type: "button", onclick: () => bring(platform, kind) }, label))),
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
