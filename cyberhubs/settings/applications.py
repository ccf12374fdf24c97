"""The applications that a hub can offer, each built from its folder of `images/`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Application:
    """`name` is also the folder's; `title` is what the member reads."""

    name: str
    title: str


APPLICATIONS = {
    application.name: application for application in (Application("corehub", "Core hub"),)
}
