"""Values on the wire: what the SDK's own conversion lacks.

It reads an unknown value as a string and cannot write one.
"""

from google.protobuf import struct_pb2
from pulumi.provider.experimental.property_value import Computed, PropertyValue

UNKNOWNS = (  # one for each type: string first, bool, number, array, asset, archive, object
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
)

_unmarshal, _marshal = PropertyValue.unmarshal, PropertyValue.marshal


def _read(value: struct_pb2.Value) -> PropertyValue:
    if value.HasField("string_value") and value.string_value in UNKNOWNS:
        return PropertyValue(Computed())
    return _unmarshal(value)


def _write(self: PropertyValue) -> struct_pb2.Value:
    if isinstance(self.value, Computed):
        return _marshal(self.with_value(UNKNOWNS[0]))
    return _marshal(self)


def install() -> None:
    """Make the SDK's server convert values this way."""
    PropertyValue.unmarshal = staticmethod(_read)
    PropertyValue.marshal = _write
