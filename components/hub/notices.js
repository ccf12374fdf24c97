/**
 * What a hub says on the pages of JupyterLab 4 and Notebook 7: that a server on which nothing is run will be stopped,
 * that the disk is full, what a start left out, or that a kernel was killed for memory. It also has these pages open sooner. The hub mounts it
 * into each server, whose start tells it what holds there (spawner.py). It is what a bundler would make of an extension,
 * a container of module federation, written by hand: nothing has to be built.
 */
(() => {
  "use strict";

  const MINUTE = 60_000; // ms, as all times here
  const EVERY = MINUTE;
  const BEFORE = 10 * MINUTE;
  const RUN_NOTHING = { code: "", silent: true, store_history: false, allow_stdin: false };

  let shared = {}; // modules of the page, by name and version

  async function module(name) {
    const [first] = Object.values(shared[name]);
    return (await first.get())();
  }

  /**
   * When a server on which nothing is run will be stopped for it, as idle.py decides; undefined if it is at work, or no
   * kernel or terminal says when it was. A page does not see all work: what computes in silence is not stopped then.
   */
  function stopsAt(kernels, terminals, limit) {
    const last = [...kernels, ...terminals].map((one) => Date.parse(one.last_activity));
    const busy = kernels.some((kernel) => kernel.execution_state === "busy");
    return busy || !last.length ? undefined : Math.max(...last) + limit;
  }

  const isDue = (at, now, limit) => at !== undefined && at - now <= Math.min(BEFORE, limit / 2);

  const clock = (time) =>
    new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

  class IdleNotice {
    #limit;
    #services;
    #Notification;
    #shown; // { at, id } of the last one, be it closed since

    constructor(limit, services, Notification) {
      this.#limit = limit;
      this.#services = services;
      this.#Notification = Notification;
    }

    async look() {
      try {
        const { kernels, terminals, now } = await this.#ask();
        const at = stopsAt(kernels, terminals, this.#limit);
        if (at === this.#shown?.at) return;
        if (this.#shown) this.#Notification.dismiss(this.#shown.id);
        this.#shown = isDue(at, now, this.#limit) ? { at, id: this.#show(at - now) } : undefined;
      } catch (error) {
        console.debug("Whether this server is idle is not known:", error); // it may have just ended
      }
    }

    #show(left) {
      const since = clock(Date.now() + left - this.#limit);
      return this.#Notification.warning(
        `Nothing was run here since ${since}: unless it is at work, this server stops at ${clock(Date.now() + left)}. ` +
          "Variables will be lost, files not.", // of 140 characters, which are shown
        {
          autoClose: false,
          actions: [
            { label: "Keep it", displayType: "accent", callback: () => void this.#keep() },
          ],
        },
      );
    }

    /** By what counts as being at it: one kernel, or terminal, is given something to do. */
    async #keep() {
      try {
        const { kernels, terminals } = await this.#ask();
        const all = [
          ...kernels.map((one) => this.#runNothing(one)),
          ...(kernels.length ? [] : terminals.map((one) => this.#connect(one))),
        ];
        await Promise.any(all);
        await this.look();
      } catch {
        this.#Notification.error("This server could not be kept. Run a cell to keep it.", {
          autoClose: false,
        });
      }
    }

    async #runNothing(model) {
      const kernel = this.#services.kernels.connectTo({ model });
      try {
        await kernel.requestExecute(RUN_NOTHING).done;
      } finally {
        kernel.dispose();
      }
    }

    async #connect(model) {
      const terminal = this.#services.terminals.connectTo({ model });
      try {
        await new Promise((done) => terminal.messageReceived.connect(done));
      } finally {
        terminal.dispose();
      }
    }

    /** Kernels, terminals, and the time there: a visitor's clock may be another. */
    async #ask() {
      const [kernels, terminals] = await Promise.all([this.#get("kernels"), this.#get("terminals")]);
      if (!kernels.ok) throw new Error(kernels.statusText);
      return {
        kernels: await kernels.json(),
        terminals: terminals.ok ? await terminals.json() : [], // an image without
        now: Date.parse(kernels.headers.get("Date")),
      };
    }

    async #get(what) {
      const { ServerConnection } = await module("@jupyterlab/services");
      const settings = this.#services.serverSettings;
      const url = `${settings.baseUrl}api/${what}?no_track_activity=1`; // else it would be somebody's being there
      return ServerConnection.makeRequest(url, {}, settings);
    }
  }

  /** Of a notebook's kernel that has ended by itself, which JupyterLab says; the hub may know why. */
  function sayWhyKernelsDie(tracker, url, Notification) {
    tracker.widgetAdded.connect((_, notebook) =>
      notebook.sessionContext.statusChanged.connect(async (_, status) => {
        if (status !== "autorestarting") return;
        const answer = await fetch(url);
        const { says } = answer.ok ? await answer.json() : {};
        if (says) Notification.warning(says, { autoClose: false });
      }),
    );
  }

  async function activate(app, tracker) {
    const { Notification } = await module("@jupyterlab/apputils");
    const said = JSON.parse(document.getElementById("jupyter-config-data").textContent).cyberhubs;
    if (!Notification || !said) return; // JupyterLab 3; a server of before
    for (const text of [said.disk, said.leftOut]) {
      // Before that, no page shows it.
      if (text) void app.restored.then(() => Notification.warning(text, { autoClose: false }));
    }
    if (said.killed && tracker) sayWhyKernelsDie(tracker, said.killed, Notification);
    if (said.openTabMinutes) {
      const notice = new IdleNotice(said.openTabMinutes * MINUTE, app.serviceManager, Notification);
      setInterval(() => void notice.look(), EVERY);
    }
  }

  /**
   * JupyterLab shows its launcher only once it has saved the layout that it has just read, which it does half a second
   * after the last change (apputils-extension, loadState). What was read before that it does not wait for: a second less.
   */
  function readLayout(app) {
    const command = "apputils:load-statedb";
    const { hash, pathname: path, search } = window.location;
    if (/[?&](reset|clone)\b/.test(search) || !app.commands.hasCommand(command)) return;
    app.commands.execute(command, { hash, path, search }).catch(console.debug);
  }

  async function plugins() {
    const [{ INotebookTracker }, { IStateDB }] = await Promise.all(
      ["@jupyterlab/notebook", "@jupyterlab/statedb"].map(module),
    );
    return [
      { id: "cyberhubs:notices", autoStart: true, optional: [INotebookTracker], activate },
      { id: "cyberhubs:layout", autoStart: true, requires: [IStateDB], activate: readLayout },
    ];
  }

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB.cyberhubs = {
    init: (scope) => {
      shared = scope;
    },
    get: async () => {
      const made = await plugins();
      return () => ({ __esModule: true, default: made });
    },
  };
})();
