"""No committed stack or example breaks a rule, as the engine itself says what they would create."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cyberhubs.changes import copy_working_tree, record
from cyberhubs.changes.checkout import without_secrets
from cyberhubs.settings import load_file
from policy import check
from tests.support.deployment import PROJECT
from tests.support.stack_values import EXAMPLES, STACKS


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """With the examples as stacks."""
    folder = tmp_path_factory.mktemp("rules")
    copy_working_tree(folder)
    for path in (PROJECT / "examples").iterdir():
        shutil.copy(path, folder / "stacks")
    for path in EXAMPLES:
        (folder / "stacks" / path.name).write_text(without_secrets(path.read_text()))
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("file", [*STACKS, *EXAMPLES], ids=lambda file: file.name.split(".")[1])
def test_it_breaks_no_rule(checkout: Path, file: Path) -> None:
    stack = file.name.split(".")[1]
    found = check(record(checkout, stack), load_file(file, stack).waivers)
    assert [str(finding) for finding in found if not finding.waived] == []


def test_the_marks_of_secrets_are_seen_where_the_program_loses_them(checkout: Path) -> None:
    """In a copy of the program that hands a client secret on as it is."""
    file = checkout / "stacks/Pulumi.own-certificate.yaml"
    file.write_text(
        file.read_text().replace('clientSecret: "[secret]"', "clientSecret: {secure: v1}")
    )
    file.write_text(without_secrets(file.read_text()))
    program = checkout / "components/hub/files.py"
    text = program.read_text()
    marked = "pulumi.Output.secret(hub.login.client_secret.get_secret_value())"
    assert marked in text
    program.write_text(text.replace(marked, "hub.login.client_secret.get_secret_value()"))
    assert [str(finding) for finding in check(record(checkout, "own-certificate"))] == [
        "stdin of core-files-client-secret has cyberhubs:hubs.core.login.clientSecret in plain text: hand it on as "
        "`pulumi.Output.secret`, and by stdin. (error: secrets-encrypted)"
    ]
