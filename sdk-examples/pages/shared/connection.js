// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// One session for a page: reads the settings of the query string, shows the state of the session,
// and keeps on `window.penstockPage` what was received, for tests and for the curious.

const kKeptUpdates = 500;
const kTransports =
    ["WS-STREAMING", "HTTP-STREAMING", "WS-POLLING", "HTTP-POLLING", "WS", "HTTP"];

/** The settings that the query string gives; `transport` is null when the client may choose. */
export function readSettings(search = window.location.search) {
  const query = new URLSearchParams(search);
  const transport = query.get("transport");
  return {
    server: query.get("server") || window.location.origin,
    transport: kTransports.includes(transport) ? transport : null,
    user: query.get("user"),
    password: query.get("password"),
  };
}

/** What the status word of the client library means to a person: [state of the chip, text]. */
function describe(status) {
  if (status.startsWith("CONNECTED:")) {
    const rest = status.slice("CONNECTED:".length);
    return rest === "STREAM-SENSING" ? ["waiting", "Finding a way through"] : ["on", "Connected"];
  }
  switch (status) {
    case "CONNECTING": return ["waiting", "Connecting"];
    case "STALLED": return ["waiting", "No word from the server"];
    case "DISCONNECTED:WILL-RETRY": return ["off", "Disconnected, will try again"];
    case "DISCONNECTED:TRYING-RECOVERY": return ["waiting", "Recovering the session"];
    default: return ["off", "Disconnected"];
  }
}

function transportOf(status) {
  const rest = status.startsWith("CONNECTED:") ? status.slice("CONNECTED:".length) : "";
  return rest === "" || rest === "STREAM-SENSING" ? null : rest;
}

export class Connection {
  /**
   * A session on an Adapter Set. Opens nothing yet: subscribe first, then call `open()`. Throws when
   * the library is missing.
   */
  constructor({ adapterSet = "DEMO" } = {}) {
    this.settings = readSettings();
    this.page = {
      status: "DISCONNECTED",
      transport: null,
      adapterSet,
      server: this.settings.server,
      error: null,
      received: [],
      latest: {},
    };
    window.penstockPage = this.page;
    this.#showStatus("DISCONNECTED");
    if (!window.Ls || !window.Ls.LightstreamerClient) {
      this.#showError("The client library is missing: lib/lightstreamer.min.js was not found " +
                      "beside these pages. README.md of the pages says where it comes from.");
      throw new Error("client library missing");
    }
    this.client = new window.Ls.LightstreamerClient(this.settings.server, adapterSet);
    this.client.addListener({
      onStatusChange: (status) => this.#showStatus(status),
      onServerError: (code, text) =>
          this.#showError(`The server refused the session: ${text} (code ${code}).`),
    });
    this.#apply();
    this.#bindForm();
  }

  open() {
    this.client.connect();
  }

  /** Opens the session anew, for another user. */
  signIn(user, password = null) {
    Object.assign(this.settings, { user, password });
    this.#reopen();
  }

  /**
   * Sends a message to the Metadata Adapter. Settles when its outcome is known, with null if it was
   * taken and else with a text that says why not. Those of one sequence are taken in their order.
   */
  send(text, sequence = "UNORDERED_MESSAGES") {
    return new Promise((settle) => {
      this.client.sendMessage(text, sequence, -1, {
        onProcessed: () => settle(null),
        onDeny: (_, code, reason) => settle(`${reason} (code ${code})`),
        onError: () => settle("The server or its adapter could not take it."),
        onDiscarded: () => settle("It came too late and was discarded."),
        onAbort: () => settle("It was not sent: the session is gone."),
      });
    });
  }

  /**
   * Subscribes `items`, in mode MERGE with snapshot unless told otherwise.
   * `onUpdate(item, changed, all, update)` is called for each update with the changed fields, with
   * everything known of the item, and with the library's own object. `onStart()` is called before the
   * first update of a session and whenever what was shown so far is void. `configure(subscription)`
   * may ask the library for more.
   */
  subscribe({ dataAdapter, items, fields, onUpdate, onStart, onError, configure, mode = "MERGE" }) {
    const subscription = new window.Ls.Subscription(mode, items, fields);
    subscription.setDataAdapter(dataAdapter);
    if (mode !== "RAW") {
      subscription.setRequestedSnapshot("yes");
    }
    configure?.(subscription);
    subscription.addListener({
      onSubscription: () => onStart?.(),
      onClearSnapshot: () => onStart?.(),
      onItemUpdate: (update) => {
        const item = update.getItemName();
        const changed = {};
        update.forEachChangedField((name, position, value) => { changed[name] = value; });
        const all = this.#record(item, changed, update.isSnapshot());
        onUpdate(item, changed, all, update);
      },
      onSubscriptionError: (code, text) => {
        const message = `Subscription to ${items.join(", ")} refused: ${text} (code ${code}).`;
        this.#showError(message);
        onError?.(message);
      },
    });
    this.client.subscribe(subscription);
    return subscription;
  }

  unsubscribe(subscription) {
    this.client.unsubscribe(subscription);
  }

  #record(item, changed, snapshot) {
    const { received, latest } = this.page;
    received.push({ item, fields: changed, snapshot, at: Date.now() });
    if (received.length > kKeptUpdates) {
      received.splice(0, received.length - kKeptUpdates);
    }
    latest[item] = Object.assign(latest[item] || {}, changed);
    return latest[item];
  }

  #apply() {
    const { transport, user, password } = this.settings;
    this.client.connectionOptions.setForcedTransport(transport);
    this.client.connectionDetails.setUser(user || null);
    if (password !== null) {
      this.client.connectionDetails.setPassword(password);
    }
  }

  #showStatus(status) {
    this.page.status = status;
    this.page.transport = transportOf(status);
    const chip = document.querySelector("#status");
    const [state, text] = describe(status);
    chip.dataset.state = state;
    chip.textContent = text;
    document.querySelector("#transport").textContent = this.page.transport || "–";
    document.querySelector("#adapter-set").textContent = this.page.adapterSet;
    document.querySelector("#server").textContent = this.settings.server;
  }

  #showError(text) {
    this.page.error = text;
    const notice = document.querySelector("#notice");
    notice.hidden = text === null;
    notice.textContent = text || "";
  }

  // A password never goes to the address of the page.
  #reopen() {
    const address = new URL(window.location.href);
    address.searchParams.delete("password");
    for (const name of ["transport", "user"]) {
      if (this.settings[name]) {
        address.searchParams.set(name, this.settings[name]);
      } else {
        address.searchParams.delete(name);
      }
    }
    window.history.replaceState(null, "", address);
    this.client.disconnect();
    this.#showError(null);
    this.#apply();
    this.client.connect();
  }

  #bindForm() {
    const form = document.querySelector("#settings");
    if (!form) {
      return;
    }
    form.elements.transport.value = this.settings.transport || "";
    form.elements.user.value = this.settings.user || "";
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.settings.transport = form.elements.transport.value || null;
      this.signIn(form.elements.user.value || null, form.elements.password.value);
    });
  }
}
