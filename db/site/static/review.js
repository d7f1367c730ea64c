// Casebook, review: keys press what can be clicked, too. Everything works without this file, by mouse and form.
(() => {
  "use strict";

  const find = (selector) => document.querySelector(selector);
  const TYPING = "input, select, textarea";
  // Enter on one of these is its own.
  const PRESSED = "a, button, summary";
  let isLeaving = false;

  function keyed(key) {
    return Array.from(document.querySelectorAll("[data-keys]")).find((element) => element.dataset.keys.split(" ").includes(key));
  }

  function center(mark) {
    const reader = find(".reader");
    if (!mark || !reader) return;
    const top = mark.getBoundingClientRect().top - reader.getBoundingClientRect().top;
    reader.scrollTop += top - reader.clientHeight / 3;
  }

  // --- words that the reader marks --------------------------------------------------------------

  function marked() {
    const selection = getSelection();
    const text = find("[data-text]");
    if (!text || !selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    if (!text.contains(range.startContainer) || !text.contains(range.endContainer)) return null;
    const before = document.createRange();
    before.selectNodeContents(text);
    before.setEnd(range.startContainer, range.startOffset);
    const quote = range.toString();
    const lead = quote.length - quote.trimStart().length;
    // Offsets of a report count code points, those of a page code units.
    return quote.trim() ? { quote: quote.trim(), start: Array.from(before.toString()).length + lead } : null;
  }

  function takeWords() {
    const found = marked();
    const change = find("details.change");
    if (!found || !change) return false;
    find("[data-quote]").value = found.quote;
    find("[data-start]").value = found.start;
    find("[data-marked]").textContent = "Its words: “" + found.quote + "”";
    return true;
  }

  // --- the form ---------------------------------------------------------------------------------

  function openForm() {
    const change = find("details.change");
    if (!change) return;
    change.open = true;
    takeWords();
    const first = change.querySelector(".parts-of input, .parts-of select");
    first.focus();
    if (first.select) first.select();
  }

  function leaveForm() {
    const change = find("details.change");
    if (change) change.open = false;
    document.activeElement.blur();
    find(".reader")?.focus({ preventScroll: true });
  }

  // --- keys -------------------------------------------------------------------------------------

  function press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target;
    if (event.key === "Escape") {
      leaveForm();
      return;
    }
    if (target.matches(TYPING)) {
      if (event.key === "Enter" && target.matches("select")) {
        event.preventDefault();
        target.form.requestSubmit(target.form.querySelector("button"));
      }
      return;
    }
    // A key that is held down decides one value, not a hundred.
    if (event.repeat || isLeaving || (event.key === "Enter" && target.matches(PRESSED))) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === "w") {
      event.preventDefault();
      if (takeWords()) openForm();
      return;
    }
    const element = keyed(key);
    if (!element) return;
    event.preventDefault();
    if (key === "c") openForm();
    else element.click();
    if (key === "f") element.parentElement.querySelector("select")?.focus();
  }

  addEventListener("keydown", press);
  addEventListener("submit", (event) => {
    if (isLeaving) event.preventDefault();
    isLeaving = true;
  });
  addEventListener("pageshow", () => { isLeaving = false; });
  document.addEventListener("mouseup", () => {
    if (find("details.change[open]")) takeWords();
  });

  const first = find(".text mark:not(.passed)") || find(".text mark");
  document.querySelectorAll(".text mark:not(.passed)").forEach((mark) => mark.classList.add("lit"));
  center(first);
  if (find("details.change[open]")) openForm();
  else find(".reader")?.focus({ preventScroll: true });
})();
