"""Removes images that nothing needs any more, beside the hub: each day, and while their disk is full."""

import logging
import threading
import time

import docker

from cyberhubs_hub.shared.pruning import in_use, make_room

LOOK_S, DAY_S = 600, 86400
DISK = "/"  # a container's layers are where the images are

log = logging.getLogger("jupyterhub.pruner")


def begin(prune_at: int) -> None:
    """`prune_at`: percent of the disk."""
    threading.Thread(target=_for_ever, args=(prune_at,), daemon=True).start()


def _for_ever(prune_at: int) -> None:
    last = time.monotonic()
    while True:
        time.sleep(LOOK_S)
        if in_use(DISK) < prune_at and time.monotonic() - last < DAY_S:
            continue
        last = time.monotonic()
        try:
            engine = docker.APIClient(version="auto", timeout=600)
            for image in make_room(engine, DISK, prune_at):
                log.warning("Removed %s, which nothing needed", ", ".join(image.names) or image.id)
        except Exception as error:  # the next look may find it as it should be
            log.warning("Images that nothing needs could not be removed: %s", error)
