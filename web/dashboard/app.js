// The page: ask for a clip, watch it being made, play it. Everything goes through the JSON API.
import { Api } from "./api.js";
import { clipCard, runningRow } from "./parts.js";

const $ = (id) => document.getElementById(id);
const api = new Api(() => show(false));
const running = new Map();
let stream = null;
let reload = 0;

function show(signedIn) {
  $("sign-in").hidden = signedIn;
  $("workplace").hidden = !signedIn;
  if (!signedIn) {
    stream?.close();
    stream = null;
    $("connection").textContent = "signed out";
  }
}

async function loadClips() {
  const page = await api.get("/api/v1/clips?limit=30&all=true")
    .catch((problem) => (problem.status === 403 ? api.get("/api/v1/clips?limit=30") : Promise.reject(problem)));
  $("none").hidden = page.items.length > 0;
  const cards = new Map([...$("clips").children].map((card) => [card.dataset.key, card]));
  $("clips").replaceChildren(...page.items.map((clip) => cards.get(clipCard.key(clip)) ?? clipCard(clip)));
}

function drawRunning() {
  $("idle").hidden = running.size > 0;
  $("running").replaceChildren(...[...running.values()].map((event) => runningRow(event, cancel)));
}

async function cancel(request) {
  await api.post("/api/v1/cancel", { id: request }).catch((problem) => alertIn("make", problem));
}

function alertIn(form, problem) {
  $(form).querySelector(".error").textContent = [problem.title, problem.hint].filter(Boolean).join(" ");
}

function onEvent(event) {
  if (!event.request) return;
  if (event.kind === "clipbot:notify" && event.state === "done") {
    settle(event.request);
  } else if (event.state === "running" && event.kind !== "clipbot:notify") {
    running.set(event.request, event);
  }
  drawRunning();
  if (event.state !== "running") {
    clearTimeout(reload);
    reload = setTimeout(loadClips, 300);
  }
}

// A message was sent: look whether it was the last word.
async function settle(id) {
  const request = await api.get(`/api/v1/requests/${id}`);
  if (!["done", "failed", "cancelled"].includes(request.state)) return;
  running.delete(id);
  drawRunning();
  if (request.state === "failed") alertIn("make", { title: `${id}: ${request.error.sentence}`, hint: request.error.hint });
}

function follow() {
  stream?.close();
  stream = new EventSource("/api/v1/events");
  stream.onopen = () => { $("connection").textContent = "live"; };
  stream.onerror = () => { $("connection").textContent = "reconnecting …"; };
  stream.onmessage = (message) => onEvent(JSON.parse(message.data));
  stream.addEventListener("reset", loadClips);
}

async function enter() {
  await loadClips();
  show(true);
  follow();
}

$("sign-in").addEventListener("submit", async (submit) => {
  submit.preventDefault();
  try {
    await api.post("/session", { token: $("token").value.trim() });
    $("token").value = "";
    await enter();
  } catch (problem) {
    alertIn("sign-in", problem);
  }
});

$("make").addEventListener("submit", async (submit) => {
  submit.preventDefault();
  alertIn("make", {});
  const wishes = { source: $("source").value, at: $("at").value, length: $("length").value, find: $("find").value, count: $("count").value };
  const args = Object.fromEntries(Object.entries(wishes).filter(([, value]) => value !== ""));
  try {
    const accepted = await api.post("/api/v1/clip", args);
    running.set(accepted.request, { request: accepted.request, stage: "waiting", fraction: null });
    drawRunning();
    $("make").reset();
  } catch (problem) {
    alertIn("make", problem);
  }
});

enter().catch(() => show(false));
