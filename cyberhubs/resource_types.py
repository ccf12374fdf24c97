"""Pulumi's names for the types of resources that the program makes, as far as anything else looks at them."""

COMMAND = "command:local:Command"
CONTAINER = "docker:index/container:Container"
NETWORK = "docker:index/network:Network"
TEAM_MEMBERSHIP = "github:index/teamMembership:TeamMembership"

# In a cloud.
ADDRESS = "openstack:networking/floatingIp:FloatingIp"
ADDRESS_OF_PORT = "openstack:networking/floatingIpAssociate:FloatingIpAssociate"
ATTACHMENT = "openstack:compute/volumeAttach:VolumeAttach"
INSTANCE = "openstack:compute/instance:Instance"
KEY_PAIR = "openstack:compute/keypair:Keypair"
SECURITY_RULE = "openstack:networking/secGroupRule:SecGroupRule"
VOLUME = "openstack:blockstorage/volume:Volume"
