// Calls to the JSON API; a refusal is thrown as its problem document.
export class Api {
  #signedOut;

  constructor(signedOut) {
    this.#signedOut = signedOut;
  }

  get(path) {
    return this.#call(path, {});
  }

  post(path, body) {
    const headers = { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID?.() ?? String(Math.random()) };
    return this.#call(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  async #call(path, options) {
    const response = await fetch(path, { credentials: "same-origin", ...options });
    if (response.ok) return response.status === 204 ? null : response.json();
    if (response.status === 401) this.#signedOut();
    throw await response.json().catch(() => ({ title: `The server answered ${response.status}.` }));
  }
}
