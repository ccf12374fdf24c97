"""Pulumi's `openstack` resources on openstacksdk.

A state has beside the inputs what the official plugin would miss in it: the defaults of its other
inputs, and each list, set and map that it computes. It has nothing that another resource decides,
such as a floating IP's port or a volume's attachments: a refresh right after an update finds no
change.
"""
