"""A pull request's preview: no machine, no key, no Docker; only the stack file and Pulumi."""

from pathlib import Path

from tests.support.deployment import PROJECT, Deployment


def test_the_committed_server_previews_without_machine_or_key(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, "server")
    deployment.write((PROJECT / "stacks/Pulumi.server.yaml").read_text())
    deployment.environment["DOCKER_HOST"] = "unix:///nothing/here"
    deployment.environment["HOME"] = str(tmp_path)  # where ~/.ssh/hub is not
    printed = deployment.ops("preview")
    for part in ("host-firewall", "host-disk", "core-hub", "door-caddy"):
        assert f"::{part}]" in printed
    assert "to create" in printed
