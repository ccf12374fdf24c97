"""A service of the hub that revokes access: of members whom the lists, an open period or a membership no
longer allow.

Their servers are stopped, starting ones too; then the hub deletes the user, and with it all tokens and
sessions. Files stay. While the lists cannot be read nobody loses access; while GitHub does not say whether
somebody is a member, they stay for `grace_s`.
"""

import asyncio
import logging
import os
import time
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from cyberhubs_hub import unproved_memberships
from cyberhubs_hub.audit import Audit
from cyberhubs_hub.hub_api import STOP_TIMEOUT_S, HubApi, User
from cyberhubs_hub.live import LiveFile
from cyberhubs_hub.memberships import GithubClient, GithubError, GithubSilentError
from cyberhubs_hub.shared import config
from cyberhubs_hub.shared.access_rules import AccessLists, Decision, decide, is_open, is_trial
from cyberhubs_hub.shared.config import GithubSettings, HubConfig
from cyberhubs_hub.unproved_memberships import Unproved

POLL_INTERVAL_S = 1  # of the lists and the clock
SWEEP_INTERVAL_S = 600  # every member is decided again, even if the lists have not changed
CONCURRENCY = 10  # members that are decided, or lose access, at the same time

log = logging.getLogger("enforcer")


@dataclass(frozen=True)
class Membership:
    """A member's organizations and teams as GitHub said, and the monotonic time when it is asked again."""

    organizations: frozenset[str]
    expires: float


class AccessEnforcer:
    """Decides every member again when the lists change, an open period ends or a membership expires, and
    revokes what is no longer allowed."""

    def __init__(
        self,
        hub: HubApi,
        http: aiohttp.ClientSession,
        lists: LiveFile[AccessLists],
        audit: Audit,
        github: GithubSettings | None,
        unproved_file: Path,
    ) -> None:
        self._hub, self._http, self._lists, self._audit = hub, http, lists, audit
        self._github = github
        self._interval_s = min(github.refresh_s, SWEEP_INTERVAL_S) if github else SWEEP_INTERVAL_S
        self._last_lists: AccessLists | None = None  # for the audit of their changes
        self._enforced: object = None  # lists, and whether they were open, of the last full sweep
        self._next_sweep = 0.0
        self._memberships: dict[str, Membership] = {}
        self._sweep_began = 0.0
        self._silent: GithubSilentError | None = None  # to a question of this sweep
        self._unproved_file = unproved_file
        self._unproved = unproved_memberships.read(unproved_file)

    async def run(self) -> None:
        while True:
            self._audit.rotate()
            try:
                await self._poll()
            except (aiohttp.ClientError, TimeoutError) as error:
                log.warning("The hub did not answer, trying again: %r", error)
            await asyncio.sleep(POLL_INTERVAL_S)

    async def _poll(self) -> None:
        lists = self._lists.refresh()
        if lists.problem or lists.value is None:
            return
        if self._last_lists is not None and lists.value != self._last_lists:
            self._audit.write("lists", **changes(self._last_lists, lists.value))
        self._last_lists = lists.value
        state = (lists.value, is_open(lists.value, datetime.now(UTC)))
        if state == self._enforced and time.monotonic() < self._next_sweep:
            return
        if await self._sweep(lists.value):
            self._enforced = state
            expiries = (membership.expires for membership in self._memberships.values())
            self._next_sweep = min([self._sweep_began + self._interval_s, *expiries])

    async def _sweep(self, lists: AccessLists) -> bool:
        """Decides every user of the hub. False if a member could not be decided or revoked yet."""
        users = [user async for user in self._hub.users() if not is_trial(user.name)]
        gate = asyncio.Semaphore(CONCURRENCY)
        before, self._memberships, self._silent = self._memberships, {}, None
        kept = dict(self._unproved)
        self._sweep_began = time.monotonic()

        async def enforce(user: User) -> bool:
            async with gate:
                try:
                    decision = await self._decide(lists, user.name, before.get(user.name))
                    if decision.allowed:
                        return True
                    await self._hub.revoke(user.name)
                except (aiohttp.ClientError, TimeoutError) as error:
                    log.warning("%s is not decided yet, trying again: %r", user.name, error)
                    return False
                self._memberships.pop(user.name, None)  # another login proves it anew
                self._unproved.pop(user.name, None)
                log.warning(
                    "%s has lost access (%s): %s", user.name, decision.rule, decision.reason
                )
                self._audit.write(
                    "removed", user=user.name, rule=decision.rule, server=user.has_server
                )
                return True

        done = all(await asyncio.gather(*map(enforce, users)))
        for name in self._unproved.keys() - {user.name for user in users}:
            del self._unproved[name]
        if self._unproved != kept:
            unproved_memberships.write(self._unproved_file, self._unproved)
        return done

    async def _decide(
        self, lists: AccessLists, name: str, membership: Membership | None
    ) -> Decision:
        now = datetime.now(UTC)
        decision = decide(lists, name, (), now)
        if decision.rule != "unlisted" or not lists.organizations or not self._github:
            self._unproved.pop(name, None)
            return decision
        if (
            membership is None
            or time.monotonic() >= membership.expires
            or not (name in self._unproved or membership.organizations & lists.organizations)
            or await self._has_signed_in_again(name)
        ):
            membership = await self._ask_github(self._github, name, lists.organizations, membership)
        self._memberships[name] = membership
        if about := self._unproved.get(name):
            hours = self._github.grace_s // 3600
            return Decision(
                time.time() < about.since + self._github.grace_s,
                False,
                "unproved",
                f"GitHub has not said for {hours} hours whether {name} is a member. {about.reason}",
            )
        return decide(lists, name, membership.organizations, now)

    async def _has_signed_in_again(self, name: str) -> bool:
        """Whether GitHub can say now what it did not for want of another sign-in."""
        about = self._unproved.get(name)
        if about is None or about.token is None:
            return False
        state = await self._hub.auth_state(name)
        return unproved_memberships.mark(state.get("access_token", "")) != about.token

    async def _ask_github(
        self,
        settings: GithubSettings,
        name: str,
        organizations: frozenset[str],
        last: Membership | None,
    ) -> Membership:
        state = await self._hub.auth_state(name)
        token = state.get("access_token", "")
        try:
            if self._silent:  # else every member would wait for the timeout in turn
                raise self._silent
            found = await GithubClient(self._http, settings.api, token).memberships(
                name, organizations
            )
        except GithubError as error:
            if isinstance(error, GithubSilentError):
                self._silent = error
            was_member = state.get("organizations") or (last and last.organizations)
            if was_member or not state.get("asked") or name in self._unproved:
                self._note(
                    name, str(error), unproved_memberships.mark(token) if error.sign_in else None
                )
            # Else a list named them, which no longer does, and no membership was ever proved.
            return Membership(frozenset(), self._sweep_began + error.retry_s)
        if self._unproved.pop(name, None):
            log.warning("GitHub says again whether %s is a member.", name)
        return Membership(frozenset(found), self._sweep_began + settings.refresh_s)

    def _note(self, name: str, reason: str, token: str | None) -> None:
        before = self._unproved.get(name)
        about = Unproved(before.since if before else time.time(), reason, token)
        if about != before:
            log.warning("GitHub does not say whether %s is a member, who stays: %s", name, reason)
        self._unproved[name] = about


def changes(before: AccessLists, after: AccessLists) -> dict[str, Any]:
    """{"admins": {"added": […], "removed": […]}, "everyone": …} of what has changed."""
    found: dict[str, Any] = {}
    for field in fields(AccessLists):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if isinstance(new, frozenset):
            both = {"added": sorted(new - old), "removed": sorted(old - new)}
            if parts := {what: names for what, names in both.items() if names}:
                found[field.name] = parts
        elif old != new:
            found[field.name] = str(new) if isinstance(new, datetime) else new
    return found


async def main() -> None:
    logging.basicConfig(
        level=logging.INFO, format="[%(levelname).1s %(asctime)s %(name)s] %(message)s"
    )
    hub = HubConfig.from_json(Path(config.CONFIG_DIR, "hub.json").read_text())
    lists = LiveFile(Path(config.LIVE_DIR, "access"), AccessLists.from_text)
    timeout = aiohttp.ClientTimeout(total=STOP_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as http:
        api = HubApi(http, os.environ["JUPYTERHUB_API_URL"], os.environ["JUPYTERHUB_API_TOKEN"])
        audit = Audit(Path(config.AUDIT_FILE))
        unproved_file = Path(config.UNPROVED_FILE)
        await AccessEnforcer(api, http, lists, audit, hub.login.github, unproved_file).run()


if __name__ == "__main__":
    asyncio.run(main())
