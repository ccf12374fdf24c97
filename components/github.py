"""The OAuth app by which members of a hub log in with GitHub."""

import pulumi
from pulumi import ComponentResource, ResourceOptions
from pulumi_command.local import Command, Logging

from cyberhubs.processes import python_module
from cyberhubs.settings import GithubLogin


class OAuthApp(ComponentResource):
    """An app that somebody has registered, since GitHub lets no program do that. In an update, before a hub
    uses the app, GitHub is asked whether id and secret belong together."""

    def __init__(self, name: str, login: GithubLogin, opts: ResourceOptions | None = None):
        super().__init__("cyberhubs:github:OAuthApp", name, {}, opts)
        check = python_module(
            "cyberhubs.github", "--url", login.url, "--client-id", login.client_id
        )
        Command(
            f"{name}-check",
            create=check,
            update=check,
            stdin=pulumi.Output.secret(login.client_secret.get_secret_value()),
            logging=Logging.STDOUT_AND_STDERR,
            add_previous_output_in_env=False,
            opts=ResourceOptions(parent=self),
        )
        self.register_outputs({})
