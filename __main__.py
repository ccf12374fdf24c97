"""The whole stack: settings → host → images → front door → hubs → Prometheus → mounts."""

import pulumi

from components.changes import state_what_replaces
from components.front_door import FrontDoor, FrontDoorArgs
from components.host import make_host
from components.hub import Hub, HubArgs
from components.images import Images, ImagesArgs
from components.stack_file import read_settings

state_what_replaces()
settings = read_settings()

host = make_host("host", settings)

images = Images(
    "images",
    ImagesArgs(
        host=host,
        applications=settings.applications,
        base=settings.images.base,
        caddy=settings.images.caddy,
        held=settings.images.held,
        lock=settings.images.lock,
        prometheus=settings.prometheus_hub is not None,
        proxy_environment=settings.proxy_environment,
        refreshed=settings.images.refreshed,
        registries=settings.registries,
        site_certificates=settings.images.site_certificates_pem(),
    ),
)

door = FrontDoor("door", FrontDoorArgs(settings=settings, host=host, images=images))

if settings.teams:
    from components.teams import Teams  # 0.3 s, for stacks that have any

    Teams("teams", settings.teams)

hubs = {
    hub.name: Hub(
        hub.name,
        HubArgs(
            hub=hub,
            applications=settings.offered(hub),
            stack=settings.stack,
            callback=settings.callback(hub),
            host=host,
            images=images,
            door=door,
            prune_at=settings.images.prune_at,
            metrics=settings.metrics,
            prometheus=hub is settings.prometheus_hub,
            limits_disk=settings.limits_disk,
        ),
    )
    for hub in settings.hubs
}

if settings.prometheus_hub:
    from components.prometheus import Prometheus, PrometheusArgs

    Prometheus("prometheus", PrometheusArgs(settings=settings, host=host, images=images, door=door))

if settings.mounts:
    from components.mounts import Mounts, MountsArgs

    Mounts("mounts", MountsArgs(settings, host, before=[*hubs.values()]))

pulumi.export("url", settings.url)
pulumi.export("hubs", {hub.name: settings.hub_url(hub) for hub in settings.hubs})
pulumi.export("callbacks", {hub.name: settings.callback(hub) for hub in settings.github_hubs})
pulumi.export("address", host.address)
pulumi.export("dns", host.dns)
pulumi.export("rootCertificate", door.root_certificate)
pulumi.export("passwords", {name: hub.password for name, hub in hubs.items() if hub.password})
