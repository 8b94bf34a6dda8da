// What the page is made of: a row for running work, a card for a clip.
function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

export function runningRow(event, cancel) {
  const bar = element("progress", { max: 1 });
  if (event.fraction !== null && event.fraction !== undefined) bar.value = event.fraction;
  bar.setAttribute("aria-label", `${event.request} ${event.stage}`);
  const left = event.eta_s ? `, ${Math.ceil(event.eta_s)} s left` : "";
  const button = element("button", { type: "button", onclick: () => cancel(event.request) }, "Cancel");
  const text = element("span", { className: "quiet" }, `${event.stage || event.kind || ""}${left}`);
  return element("li", {}, element("strong", {}, event.request), element("div", {}, text, bar), button);
}

export function clipCard(clip) {
  const card = element("li");
  card.dataset.key = clipCard.key(clip);
  if (clip.video) {
    const video = element("video", { controls: true, preload: "none", playsInline: true, src: `/api/v1/media/${clip.video}` });
    if (clip.thumbnail) video.poster = `/api/v1/media/${clip.thumbnail}`;
    video.setAttribute("aria-label", clip.title || `Clip ${clip.id}`);
    card.append(video);
  }
  const when = `${clip.state}, ${clock(clip.start_s)}–${clock(clip.end_s)}`;
  card.append(
    element("div", { className: "text" },
      element("p", {}, element("strong", {}, clip.id), ` ${clip.title}`),
      element("p", { className: "quiet" }, when),
      element("p", {}, clip.error ? clip.error.sentence : clip.reason)),
  );
  return card;
}

clipCard.key = (clip) => `${clip.id} ${clip.revision} ${clip.state} ${clip.updated_at}`;
