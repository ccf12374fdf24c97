"""Pulumi's `openstack` resources on openstacksdk.

The state has no outputs that another resource decides, such as a floating IP's port or a volume's
attachments, unless the program gives them: a refresh right after an update finds no change.
"""
