// Casebook: a value and the words it was read from light up together; each has an address.
(() => {
  "use strict";

  const numbers = (element) => (element.dataset.ev || "").split(" ").filter(Boolean);

  function every(selector) {
    return Array.from(document.querySelectorAll(selector));
  }

  function holding(selector, wanted) {
    return every(selector).filter((element) => numbers(element).some((number) => wanted.includes(number)));
  }

  function clear() {
    every(".lit").forEach((element) => element.classList.remove("lit"));
  }

  function light(wanted) {
    clear();
    const words = holding(".text mark", wanted);
    const values = holding("a.value", wanted);
    [...words, ...values].forEach((element) => element.classList.add("lit"));
    return { words, values };
  }

  function isBeside(element) {
    const reader = element.closest(".reader");
    return Boolean(reader) && getComputedStyle(reader).position === "sticky";
  }

  function show(element) {
    if (!element) return;
    const closed = element.closest("details:not([open])");
    if (closed) closed.open = true;
    if (isBeside(element)) {
      const reader = element.closest(".reader");
      // Beside the values the text has its own scroll: the page itself stays where it is.
      const top = element.getBoundingClientRect().top - reader.getBoundingClientRect().top;
      reader.scrollTop += top - reader.clientHeight / 2;
    } else {
      element.scrollIntoView({ block: "center" });
    }
  }

  // Give the words their address. Each is a step of the browser's history, and the one left keeps where the reader was.
  function remember(number) {
    const address = "#ev-" + number;
    if (location.hash === address) return;
    const text = document.querySelector(".reader");
    history.replaceState({ page: scrollY, text: text ? text.scrollTop : 0 }, "");
    history.pushState(null, "", address);
  }

  // Back at a step that was left by a click: all stands as it stood then.
  function restore(left) {
    const match = /^#ev-(\d+)$/.exec(location.hash);
    if (match) light([match[1]]);
    else clear();
    history.replaceState(null, "");
    const text = document.querySelector(".reader");
    if (text) text.scrollTop = left.text;
    scrollTo({ top: left.page, behavior: "instant" });
  }

  function followAddress() {
    const match = /^#ev-(\d+)$/.exec(location.hash);
    if (!match) return followValue();
    const { words, values } = light([match[1]]);
    show(values[0]);
    show(words[0]);
  }

  // An address may name a value (#ihc-3) in place of words (#ev-7).
  function followValue() {
    const named = document.getElementById(location.hash.slice(1));
    const value = named && named.matches(".one") ? named.querySelector("a.value") : null;
    if (!value) return;
    const { words } = light(numbers(value));
    show(words[0]);
  }

  function reading() {
    const root = document.querySelector("[data-reading]");
    if (!root) return;
    let lastValue = null;
    const back = document.querySelector("[data-back]") || document.createElement("button");
    back.addEventListener("click", () => {
      show(lastValue);
      lastValue.focus({ preventScroll: true });
      back.hidden = true;
    });
    root.addEventListener("click", (event) => {
      const value = event.target.closest("a.value");
      if (value && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
        event.preventDefault();
        // A value that was read from several places leads to the next one with each click.
        const wanted = numbers(value);
        const turn = lastValue === value ? (Number(value.dataset.turn || 0) + 1) % wanted.length : 0;
        value.dataset.turn = turn;
        lastValue = value;
        light(wanted);
        remember(wanted[turn]);
        const words = holding(".text mark", [wanted[turn]])[0];
        show(words);
        // Where the text stands below the values, a button leads back.
        back.hidden = !words || isBeside(words);
        return;
      }
      const mark = event.target.closest(".text mark:not(.passed), .text mark.passed.lit");
      if (mark && !String(getSelection())) {
        // The shortest stretch of words under the pointer comes first.
        const wanted = numbers(mark).find((number) => holding("a.value", [number]).length);
        if (!wanted) return;
        const { values } = light([wanted]);
        remember(wanted);
        show(values[0]);
      }
    });
    addEventListener("hashchange", () => {
      if (!history.state) return followAddress();
      restore(history.state);
      lastValue = null;
      back.hidden = true;
    });
    followAddress();
    // The browser goes to the words by itself until all is loaded, and takes the value out of view.
    addEventListener("load", followAddress);
  }

  // Buttons that copy the words of another element; without a script they are not there.
  function copying() {
    every("button[data-copy]").forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", async () => {
        const source = document.getElementById(button.dataset.copy);
        const told = button.parentElement.querySelector(".copyinfo");
        try {
          await navigator.clipboard.writeText(source.innerText.trim());
          told.textContent = "Copied.";
        } catch {
          // Without leave to write to the clipboard (plain http, a setting) the words are marked, to be copied by hand.
          const closed = source.closest("details:not([open])");
          if (closed) closed.open = true;
          getSelection().selectAllChildren(source);
          told.textContent = "Marked: copy it with your keyboard.";
        }
      });
    });
  }

  function facetsOnPhones() {
    if (!matchMedia("(max-width: 60rem)").matches) return;
    every("details[data-wide-open]").forEach((details) => { details.open = false; });
  }

  reading();
  copying();
  facetsOnPhones();
})();
