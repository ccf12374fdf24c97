"""The first `make up` of a stack in a cloud, whose machine cannot be asked anything yet."""

import pytest

from cyberhubs.errors import UserError
from cyberhubs.ops.preflight.openstack import OpenStackPreflight
from cyberhubs.ops.stack import Stack
from cyberhubs.ops.up import up
from tests.unit.install.things import program


def test_it_comes_to_pulumi(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(
        tmp_path / "bin/pulumi",
        f"""\
echo "$1 $2" >>{tmp_path}/asked
case "$1 $2" in
"stack export") echo '{{"deployment": {{}}}}' ;;
up*) exit 1 ;;
esac""",
    )
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi"))
    monkeypatch.setenv("CYBERHUBS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(OpenStackPreflight, "prepare", lambda self: False)  # there is no machine
    with pytest.raises(UserError, match="The update stopped"):
        up(Stack("arbutus"))
    # Each start of Pulumi costs time: the state is read once before an update.
    assert (tmp_path / "asked").read_text().splitlines()[:2] == ["stack export", "up --stack"]
