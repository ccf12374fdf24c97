// A websocket that configurable-http-proxy has no route for, as while its hub starts, is answered, and its connection left
// open, of which nothing more is read: the front door's next request on it, whoever sends it, would wait for ever.
import ConfigurableProxy from "configurable-http-proxy/lib/configproxy.js";

const { handleProxyError } = ConfigurableProxy.prototype;
ConfigurableProxy.prototype.handleProxyError = function (code, kind, req, res, error) {
  handleProxyError.call(this, code, kind, req, res, error);
  if (kind === "ws") res?.end();
};
