"""The first `make up` of a stack in a cloud, whose machine cannot be asked anything yet."""

import pytest

from cyberhubs.errors import UserError
from cyberhubs.ops import cloud, deploy
from cyberhubs.ops.stack import Stack
from tests.unit.install.things import program


def test_it_comes_to_pulumi(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(
        tmp_path / "bin/pulumi",
        f"""\
case "$1 $2" in
"stack ls") echo '[{{"name": "arbutus"}}]' ;;
"stack export") echo '{{"deployment": {{}}}}' ;;
whoami*) echo '{{"url": "https://app.pulumi.com"}}' ;;
up*) touch {tmp_path}/up; exit 1 ;;
esac""",
    )
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi"))
    monkeypatch.setenv("CYBERHUBS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(cloud, "ready", lambda stack: False)  # the cloud has no machine of it
    with pytest.raises(UserError, match="The update stopped"):
        deploy.up(Stack("arbutus"))
    assert (tmp_path / "up").exists()
