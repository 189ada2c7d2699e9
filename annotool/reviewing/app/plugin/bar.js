/* The bar under an open image: what is wrong with it, and one key or one click for each decision.
   Everything is put in as text, never as markup: names come from files of other people. */
(function () {
  "use strict";
  const URI = "@annotool/review/";
  const KEYS = { a: "accept", i: "ignore", d: "delete", s: "skip", u: "undo", n: "open_next" };
  const LABELS = {
    accept: "Accept fix", ignore: "Ignore", delete: "Delete box", skip: "Skip", undo: "Undo", open_next: "Next",
  };
  const TITLES = {
    accept: "It is a fault: the fix is made as shown", ignore: "It is no fault: all stays as it is",
    delete: "It goes", skip: "Later: it comes again", undo: "Take back what was decided last", open_next: "Open the next one",
  };
  const COLORS = { error: "#e5484d", warning: "#f5a524", info: "#3e93de" };
  let current = null; // the finding that is shown
  let sample = null; // the image that is open
  let busy = false;
  let reason = ""; // why the next decision is as it is
  let waiting = null; // the timer of a zoom that waits for its image

  // Where nobody chose what a model's labels show in the App, they show their score: FiftyOne keeps the choice here.
  const SHOWN = Object.fromEntries(
    ["predictions", "proposals", "predicted_label", "predicted_labels"].map((field) => [field, ["label", "confidence"]]));
  const kept = Storage.prototype.getItem;
  Storage.prototype.getItem = function (key) {
    const held = kept.call(this, key);
    return held === null && /^shownLabelAttributes-./.test(key) ? JSON.stringify(SHOWN) : held;
  };

  const openSample = () => new URLSearchParams(window.location.search).get("id");

  function run(name, params, then) {
    if (!window.__foo__) return;
    window.__foo__.executeOperator(URI + name, params || {}, {
      callback: (told) => then && then((told && told.result) || {}),
    });
  }

  function element(tag, text, style) {
    const made = document.createElement(tag);
    made.textContent = text;
    Object.assign(made.style, style || {});
    return made;
  }

  const bar = element("div", "", {
    position: "fixed", left: "50%", bottom: "8px", transform: "translateX(-50%)", zIndex: 100000, display: "none",
    width: "min(1100px, 96vw)", boxSizing: "border-box", padding: "8px 12px", borderRadius: "8px", color: "#fff",
    background: "rgba(20, 20, 20, .94)", border: "1px solid #555", font: "14px/1.35 system-ui, sans-serif",
  });
  bar.id = "annotool-bar";
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", "annotool: decide this finding");

  const room = element("style", // the open image leaves room for the bar
    '#modal [data-cy="modal-content"] { max-height: calc(100vh - 180px) !important; margin: 0 0 110px }');

  function button(name, key) {
    const made = element("button", `${LABELS[name]} (${key.toUpperCase()})`, {
      margin: "0", padding: "5px 12px", whiteSpace: "nowrap", borderRadius: "5px", border: "1px solid #777", cursor: "pointer",
      color: "#fff", background: name === "accept" ? "#2b7a4b" : "#333", font: "inherit",
    });
    made.dataset.action = name;
    made.title = TITLES[name];
    made.addEventListener("click", () => act(name));
    return made;
  }

  function draw(about) {
    current = about && about.number !== undefined && about.number !== null ? about : null;
    bar.replaceChildren();
    const head = element("div", "", { display: "flex", gap: "8px", alignItems: "baseline" });
    if (current) {
      head.append(
        element("b", current.severity.toUpperCase(), { color: COLORS[current.severity] }),
        element("b", `${current.rule} ${current.slug}`, {}),
        element("span", current.subject, { opacity: ".8" }),
        element("span", current.message, { flex: "1" }),
      );
    } else {
      head.append(element("span", "Nothing is undecided in this image.", { flex: "1" }));
    }
    head.append(element("span", (about && about.progress) || "", { opacity: ".8", whiteSpace: "nowrap" }));
    bar.append(head);
    if (about && about.tabs) bar.append(element("div", about.tabs, { color: "#ff6b6b", fontWeight: "bold" }));
    const line = { whiteSpace: "nowrap", overflow: "hidden", textOverflow: "ellipsis" };
    if (current && current.why) {
      bar.append(element("div", current.why, { ...line, opacity: ".75", fontSize: "12px" }));
      bar.lastChild.title = current.why;
    }
    if (current) {
      const fix = current.proposal ? `Fix: ${current.proposal}` : "No fix at hand: confirm it, or mend it in Annotate.";
      const told = element("div", fix, { ...line, color: "#7be0a6" });
      if (current.also && current.also.length) {
        told.append(element("span", `   Also found of it, asked next: ${current.also.join(", ")}`, { color: "#ffc46b" }));
      }
      bar.append(told);
    }
    const row = element("div", "", { display: "flex", alignItems: "center", gap: "6px", marginTop: "6px" });
    for (const [key, name] of Object.entries(KEYS)) {
      const needs = name === "accept" || name === "ignore" || name === "skip" || name === "delete";
      if (needs && !current) continue;
      if (name === "delete" && !current.box) continue;
      const made = button(name, key);
      if (name === "accept" && !current.proposal) made.textContent = "Confirm (A)";
      if (name === "delete" && /^image_label/.test(current.field)) made.textContent = "Delete label (D)";
      row.append(made);
    }
    reason = "";
    if (current && about.reasons && about.reasons.length) row.append(why(about.reasons));
    row.append(legend());
    bar.append(row);
  }

  // What the colours in the image mean, and that keys are off where boxes are edited.
  function legend() {
    const made = element("span", "", { marginLeft: "auto", fontSize: "12px", opacity: ".85", whiteSpace: "nowrap" });
    const colors = [["#ffb000", "as labelled", current && current.field !== "proxies"],
      ["#9b7bff", "as predicted", current && /^(PRD|LBL)/.test(current.rule)],
      ["#ff2fd0", "stands for what cannot be drawn", current && current.field === "proxies"],
      ["#2fd07f", "as the fix would have it", current && /set the box|add a box/.test(current.proposal)]];
    for (const [color, text, shown] of colors) {
      if (!shown) continue;
      const one = element("span", "", { marginLeft: "10px" });
      one.append(element("span", "\u25a0 ", { color }), text);
      made.append(one);
    }
    const off = element("span", "Keys are off in Annotate; Explore, above, turns them on", { color: "#ffc46b" });
    off.id = "annotool-off";
    off.style.display = "none";
    made.append(off);
    return made;
  }

  // The reasons to choose from: a digit or a click picks one for this decision, once more takes it back.
  function why(reasons) {
    const row = element("span", "because", {
      marginLeft: "8px", fontSize: "12px", overflowX: "auto", whiteSpace: "nowrap", flex: "1",
    });
    row.title = "A reason, if you like: it stands beside the decision";
    reasons.forEach((text, at) => {
      const made = element("button", `${at + 1} ${text}`, {
        margin: "0 0 0 6px", padding: "2px 8px", borderRadius: "10px", border: "1px solid #777", cursor: "pointer",
        color: "#fff", background: "#222", font: "inherit",
      });
      made.dataset.reason = text;
      made.addEventListener("click", () => pick(text));
      row.append(made);
    });
    return row;
  }

  function pick(text) {
    reason = reason === text ? "" : text;
    for (const each of bar.querySelectorAll("[data-reason]")) {
      each.style.background = each.dataset.reason === reason ? "#ff6d04" : "#222";
    }
  }

  function act(name) {
    if (busy) return;
    if (!current && name !== "undo" && name !== "open_next") return;
    busy = true;
    const free = setTimeout(() => { busy = false; }, 5000); // should no answer come
    const params = reason ? { reason } : {};
    run(name, current && name !== "undo" ? { number: current.number, ...params } : {}, (told) => {
      clearTimeout(free);
      busy = false;
      if (told.about) { draw(told.about); zoom(told.about); }
    });
  }

  function look(near) {
    run("about", {}, (told) => { draw(told); if (near) zoom(told); });
  }

  // Show the whole image, then wheel it nearer until the box takes up a good part of the window.
  const STEP = 1.085; // how much one turn of the wheel changes, as measured
  function zoom(about) {
    clearInterval(waiting);
    if (!about || !about.shown || !about.size) return;
    let tries = 0;
    waiting = setInterval(() => {
      tries += 1;
      if (tries > 60) clearInterval(waiting);
      const canvas = document.querySelector('[data-cy="modal-looker-container"] canvas[canvas-loaded="true"]');
      if (!canvas || tries < 4 || openSample() !== about.sample) return;
      clearInterval(waiting);
      const seat = canvas.getBoundingClientRect(), [width, height] = about.size, box = about.shown;
      const fit = Math.min(seat.width / width, seat.height / height);
      const wide = width * fit, high = height * fit;
      const nearer = Math.min((seat.width * 0.4) / (box[2] * wide), (seat.height * 0.4) / (box[3] * high), about.field === "proxies" ? 1.5 : 3);
      const steps = Math.max(0, Math.floor(Math.log(nearer) / Math.log(STEP))), scale = STEP ** steps;
      // The wheel keeps the point under it in place: this one takes the middle of the box to that of the window.
      const still = (middle, of) => (steps ? (scale * of - middle) / (scale - 1) : middle);
      const middleX = seat.left + seat.width / 2, middleY = seat.top + seat.height / 2;
      const seen = (of, half) => (half >= 0.5 ? 0.5 : Math.min(Math.max(of, half - 0.05), 1.05 - half)); // no void
      const cx = seen(box[0] + box[2] / 2, seat.width / (2 * scale * wide));
      const cy = seen(box[1] + box[3] / 2, seat.height / (2 * scale * high));
      const at = {
        clientX: still(middleX, middleX + (cx - 0.5) * wide),
        clientY: still(middleY, middleY + (cy - 0.5) * high),
        bubbles: true, cancelable: true, view: window,
      };
      const turn = (deltaY) => canvas.dispatchEvent(new WheelEvent("wheel", { ...at, deltaY }));
      canvas.dispatchEvent(new MouseEvent("mousemove", at));
      canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "r", bubbles: true })); // FiftyOne's key: whole image
      setTimeout(() => { // when it is shown whole
        for (let step = 0; step < steps; step += 1) turn(-100);
        const leave = () => canvas.dispatchEvent(new MouseEvent("mouseleave", { view: window }));
        leave(); // and no tooltip stays, nor comes late
        setTimeout(leave, 300);
      }, 120);
    }, 80);
  }

  function annotating() {
    return document.querySelector('[data-cy="annotation-save-state"]') !== null;
  }

  function typing(target) {
    return target && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
  }

  window.addEventListener("keydown", (event) => {
    const name = KEYS[event.key], given = bar.querySelectorAll("[data-reason]")[Number(event.key) - 1];
    if (!(name || given) || !openSample() || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (typing(event.target) || annotating()) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    if (name) act(name); else pick(given.dataset.reason);
  }, true);

  window.addEventListener("mouseup", (event) => {
    if (openSample() && !bar.contains(event.target)) setTimeout(look, 250); // another box may be selected now
  }, true);

  setInterval(() => {
    const now = openSample();
    if (now !== sample) {
      sample = now;
      if (now && (!current || current.sample !== now) && !busy) setTimeout(() => look(true), 300);
    }
    bar.style.display = now ? "block" : "none";
    const off = document.getElementById("annotool-off");
    if (off) for (const each of off.parentNode.childNodes) {
      if (each.style) each.style.display = (each === off) === annotating() ? "inline" : "none";
    }
    if (!bar.isConnected && document.body) document.body.append(bar, room);
  }, 150);
})();
