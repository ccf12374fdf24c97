"""`idle` of a hub: when a server that nobody uses is stopped."""

from typing import Self

from pydantic import Field, model_validator

from cyberhubs.settings.base import Model


class Idle(Model):
    """When a server that nobody uses is stopped."""

    # A day, since what kernels hold is lost with them.
    after_minutes: int = Field(default=24 * 60, ge=0)
    """Minutes without activity after which a server is stopped; 0: never."""
    open_tab_minutes: int = Field(default=0, ge=0)
    """Minutes after which one is stopped of which a tab is open, while nothing is run in its notebooks and terminals;
    0: never."""

    @model_validator(mode="after")
    def _a_closed_tab_is_no_longer_waited_for(self) -> Self:
        if self.open_tab_minutes and not 0 < self.after_minutes <= self.open_tab_minutes:
            raise ValueError(
                f"has openTabMinutes {self.open_tab_minutes}, and afterMinutes {self.after_minutes} waits longer for a "
                "closed tab — give openTabMinutes at least as many"
            )
        return self
