"""How a Prometheus reads the figures of a stack, and what the stack's own one finds in them."""

import json
import shlex
from collections.abc import Iterator
from urllib.parse import urlsplit

import yaml
from docker.models.containers import Container

from cyberhubs.errors import UserError
from cyberhubs.layout import DataLayout
from cyberhubs.ops.engine import output_of
from cyberhubs.ops.stack import Stack
from cyberhubs.settings.tls import InternalTls

HEAD = """\
# How a Prometheus reads the figures of stack {stack}: a file that its scrape_config_files names.
# It holds a secret. From `make -s metrics STACK={stack}`; the rules are monitoring/rules.yaml.
"""


def metrics(stack: Stack) -> None:
    """Prints it, with the secret. Raises UserError where the stack file asks for none."""
    settings = stack.settings
    if settings.metrics is None:
        raise UserError(
            f"Stack {stack.name} gives figures to nobody: write `cyberhubs:metrics: {{}}` into {stack.file.name}, "
            f"`make up STACK={stack.name}`, and again."
        )
    if not stack.exists:
        raise UserError(f"Stack {stack.name} has never been up: `make up STACK={stack.name}`.")
    file = DataLayout(settings.host.data_path).metrics_token
    url = urlsplit(settings.url)
    job = {
        "job_name": f"cyberhubs-{stack.name}",
        "scheme": url.scheme,
        "authorization": {"credentials": stack.machine.run(f"cat {shlex.quote(file)}", limit_s=60)},
        "static_configs": [
            {"targets": [url.netloc], "labels": {**labels, "__metrics_path__": path}}
            for path, labels in settings.figures.items()
        ],
    }
    if isinstance(settings.tls, InternalTls):
        job["tls_config"] = {"ca": stack.outputs()["rootCertificate"]}
    print(HEAD.format(stack=stack.name), end="")
    print(yaml.safe_dump({"scrape_configs": [job]}, sort_keys=False), end="")


def alerts(prometheus: Container) -> Iterator[str]:
    """What fires now, by the stack's own Prometheus."""
    said = output_of(prometheus, "prometheus-get", "/api/v1/alerts")
    if said is None:
        yield "Prometheus does not answer"
        return
    for alert in json.loads(said)["data"]["alerts"]:
        if alert["state"] == "firing":
            # A rule of the operator's may have none.
            summary = alert["annotations"].get("summary", "fires")
            yield f"{alert['labels']['alertname']}: {summary}"
