// The menu of a message: by its ⋯, by a right click, or by the menu key.

import { el } from "./dom.js";

const menu = document.getElementById("menu");
menu.addEventListener("keydown", (event) => {
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  const items = [...menu.children];
  if (event.key in steps) items.at((items.indexOf(document.activeElement) + steps[event.key]) % items.length).focus();
  else if (event.key === "Tab") menu.hidePopover();
  else return;
  event.preventDefault();
});

/** Opens the menu beside a point; `items` are [label, action], false ones left out. */
export function openMenu(left, top, items) {
  const take = (action) => () => {
    menu.hidePopover();
    action();
  };
  menu.replaceChildren(...items.filter(Boolean).map(([label, action]) => el("button", { type: "button", role: "menuitem", onclick: take(action) }, label)));
  menu.showPopover();
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(4, Math.min(left, innerWidth - width - 8))}px`;
  menu.style.top = `${Math.max(4, Math.min(top, innerHeight - height - 8))}px`;
  menu.firstChild.focus();
}
