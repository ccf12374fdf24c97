/**
 * What a hub says on the pages of JupyterLab 4 and Notebook 7: that the disk is full, or nearly.
 * The hub mounts it into each server, whose start tells it what holds there (spawner.py). It is what a bundler would make of
 * an extension, a container of module federation, written by hand: nothing has to be built.
 */
(() => {
  "use strict";

  let shared = {}; // modules of the page, by name and version

  async function module(name) {
    const [first] = Object.values(shared[name]);
    return (await first.get())();
  }

  async function activate(app) {
    const { Notification } = await module("@jupyterlab/apputils");
    const said = JSON.parse(document.getElementById("jupyter-config-data").textContent).cyberhubs;
    if (!Notification || !said) return; // JupyterLab 3; a server of before
    if (said.disk) {
      // Before that, no page shows it.
      void app.restored.then(() => Notification.warning(said.disk, { autoClose: false }));
    }
  }

  const plugin = { id: "cyberhubs:notices", autoStart: true, activate };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB.cyberhubs = {
    init: (scope) => {
      shared = scope;
    },
    get: async () => () => ({ __esModule: true, default: plugin }),
  };
})();
