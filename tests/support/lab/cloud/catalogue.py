"""The catalogue, and a project whose user is no administrator."""

import time

import openstack

SERVICES = (
    ("placement", "placement", "8778"),
    ("glance", "image", "9292"),
    ("nova", "compute", "8774/v2.1"),
    ("neutron", "network", "9696"),
    ("cinderv3", "volumev3", "8776/v3/%(project_id)s"),
)


def user(identity, name: str, *roles: str) -> None:
    """With a project of the same name."""
    project = identity.create_project(name=name, domain_id="default")
    made = identity.create_user(name=name, password="lab", domain_id="default")
    for role in roles:
        identity.assign_project_role_to_user(project, made, identity.find_role(role))


def main() -> None:
    identity = openstack.connect(cloud="admin").identity
    identity.create_role(name="service")
    user(identity, "services", "service", "admin")
    user(identity, "demo", "member")
    for name, kind, path in SERVICES:
        service = identity.create_service(name=name, type=kind)
        identity.create_endpoint(
            service_id=service.id,
            interface="public",
            region_id="RegionOne",
            url=f"http://127.0.0.1:{path}",
        )


def wait_for_keystone() -> None:
    for _ in range(300):
        try:
            openstack.connect(cloud="admin").authorize()
            return
        except Exception:
            time.sleep(0.2)


wait_for_keystone()
main()
