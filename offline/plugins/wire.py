"""Values on the wire: what the SDK's own conversion lacks.

It reads an unknown value as a string and cannot write one.
"""

from google.protobuf import struct_pb2
from pulumi.provider.experimental.property_value import Computed, PropertyValue
from pulumi.runtime.rpc import UNKNOWN  # of a string, as all are that come from a Python program

_unmarshal, _marshal = PropertyValue.unmarshal, PropertyValue.marshal


def _read(value: struct_pb2.Value) -> PropertyValue:
    if value.HasField("string_value") and value.string_value == UNKNOWN:
        return PropertyValue(Computed())
    return _unmarshal(value)


def _write(self: PropertyValue) -> struct_pb2.Value:
    if isinstance(self.value, Computed):
        return _marshal(self.with_value(UNKNOWN))
    return _marshal(self)


def install() -> None:
    """Make the SDK's server convert values this way."""
    PropertyValue.unmarshal = staticmethod(_read)
    PropertyValue.marshal = _write
