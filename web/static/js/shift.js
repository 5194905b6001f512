// Reports positions of an open shift: kept on the phone until the server has them for good.
"use strict";
(() => {
  const place = document.getElementById("shift-wire");
  if (!place) return;
  const told = JSON.parse(place.textContent);
  const SEND_MS = 15000;
  const SEND_MOST = 200;
  const KEEP_MS = 72 * 3600 * 1000;
  const line = document.getElementById("shift-report");
  const refusedLine = document.getElementById("shift-refused");
  const say = (where, text) => { if (where && where.textContent !== text) where.textContent = text; };
  const filled = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
  // crypto.randomUUID is not there on plain http; random values are.
  const random = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (one) => one.toString(16).padStart(2, "0")).join("");

  const asked = (request) => new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });

  class Outbox {
    static async open() {
      const request = indexedDB.open("gridmap-shift", 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("fixes", { autoIncrement: true });
        request.result.createObjectStore("facts");
      };
      const box = new Outbox();
      box.base = await asked(request);
      return box;
    }
    store(name, mode = "readwrite") { return this.base.transaction(name, mode).objectStore(name); }
    add(fix) { return asked(this.store("fixes").add(fix)); }
    count() { return asked(this.store("fixes", "readonly").count()); }
    fact(name) { return asked(this.store("facts", "readonly").get(name)); }
    keep(name, value) { return asked(this.store("facts").put(value, name)); }
    async first(most) {
      const store = this.store("fixes", "readonly");
      const [keys, fixes] = await Promise.all([asked(store.getAllKeys(null, most)), asked(store.getAll(null, most))]);
      return { keys, fixes };
    }
    async drop(keys) {
      const store = this.store("fixes");
      await Promise.all(keys.map((key) => asked(store.delete(key))));
    }
  }

  class Reporter {
    constructor(box, phone) { this.box = box; this.phone = phone; this.accuracy = 0; this.busy = false; }

    watch() {
      if (!navigator.geolocation || !window.isSecureContext) {
        say(line, window.isSecureContext ? told.words.none : told.words.insecure);
        return;
      }
      say(line, told.words.waiting);
      navigator.geolocation.watchPosition(
        (found) => this.take(found),
        (fault) => say(line, fault.code === 1 ? told.words.denied : told.words.waiting),
        { enableHighAccuracy: true, maximumAge: 5000, timeout: 60000 },
      );
    }

    async take(found) {
      const { latitude, longitude, accuracy } = found.coords;
      this.accuracy = accuracy;
      await this.box.add({ time: Math.round(found.timestamp), lat: latitude, lon: longitude, accuracy });
      if (this.sentOnce) await this.show();
      else { this.sentOnce = true; await this.send(); }
    }

    async show(text = told.words.running) {
      say(line, filled(text, { m: Math.round(this.accuracy), waiting: await this.box.count() }));
    }

    // A batch keeps its number until it is answered: sent twice, it counts once.
    async batch() {
      const waiting = await this.box.fact("batch");
      if (waiting) return waiting;
      const { keys, fixes } = await this.box.first(SEND_MOST);
      if (!keys.length) return null;
      const made = { number: random(), keys, fixes };
      await this.box.keep("batch", made);
      return made;
    }

    async send() {
      if (this.busy) return;
      this.busy = true;
      try {
        let batch;
        while ((batch = await this.batch())) {
          const old = batch.fixes.every((fix) => fix.time < Date.now() - KEEP_MS);
          if (!old && !(await this.post(batch))) { await this.show(told.words.offline); return; }
          await this.box.drop(batch.keys);
          await this.box.keep("batch", null);
          if (told.state === "open") await this.show();
        }
      } finally { this.busy = false; }
    }

    async post(batch) {
      try {
        const answer = await fetch(told.send, {
          method: "POST", credentials: "same-origin",
          headers: {
            Accept: "application/json", "Content-Type": "application/json",
            "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content,
          },
          body: JSON.stringify({ batch: batch.number, phone: this.phone, fixes: batch.fixes }),
        });
        if (!answer.ok) return false;
        this.tell(await answer.json());
        return true;
      } catch { return false; }
    }

    tell(answer) {
      const [reason, count] = Object.entries(answer.refused)[0] ?? [];
      say(refusedLine, reason ? filled(told.words.refused, { count, reason: told.words.reasons[reason] ?? reason }) : "");
    }
  }

  (async () => {
    const box = await Outbox.open();
    let phone = await box.fact("phone");
    if (!phone) { phone = random(); await box.keep("phone", phone); }
    const reporter = new Reporter(box, phone);
    if (told.state === "open") reporter.watch();
    else if (told.state === "paused") say(line, told.words.paused);
    await reporter.send();
    setInterval(() => reporter.send(), SEND_MS);
    window.addEventListener("online", () => reporter.send());
  })().catch((fault) => say(line, String(fault.message ?? fault)));
})();
