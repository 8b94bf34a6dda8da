// What goes to and comes from the playground's server.

/** Does something as a player; resolves to what came of it, rejects with a sentence. */
export async function act(what, body) {
  const response = await fetch(what === "trouble" ? "/trouble" : `/act/${what}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const said = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(said.problem || `The playground answers ${response.status}.`);
  if (said.failed) throw new Error(said.failed);
  return said;
}

/** Follows all that changes: `hear` gets items, `forget` keys, `state` whether the playground is there. */
export function follow({ all, items, gone, state }) {
  const source = new EventSource("/events");
  source.addEventListener("open", () => state(true));
  source.addEventListener("error", () => state(false));
  source.addEventListener("all", (event) => all(JSON.parse(event.data)));
  source.addEventListener("items", (event) => items(JSON.parse(event.data)));
  source.addEventListener("gone", (event) => gone(JSON.parse(event.data)));
}
