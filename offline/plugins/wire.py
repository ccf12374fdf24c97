"""Values on the wire: what the SDK's own conversion lacks.

It reads an unknown value as a string and cannot write one; it loses the hash of an asset, and it
fails where the engine sends nothing but the hash, as it does in diffs, reads and deletes.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
from google.protobuf import struct_pb2
from pulumi.provider.experimental.property_value import Computed, PropertyValue
from pulumi.runtime import rpc

UNKNOWNS = (  # one for each type: string first, bool, number, array, asset, archive, object
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
)
ASSETS = (rpc._special_asset_sig, rpc._special_archive_sig)


class Asset(pulumi.Asset):
    """An asset or archive as the engine sends it: fields `hash`, `path`, `text`, `uri`, `assets`.

    Equal to another with the same fields. Immutable.
    """

    def __init__(self, fields: Mapping[str, PropertyValue]) -> None:
        self.fields = fields

    @property
    def is_archive(self) -> bool:
        return self.fields[rpc._special_sig_key].value == rpc._special_archive_sig

    def get(self, name: str) -> Any:
        """A field's value, or None; for `assets` a map of PropertyValues that hold assets."""
        return self.fields[name].value if name in self.fields else None

    def __deepcopy__(self, memo: Any) -> "Asset":
        return self


_unmarshal, _marshal = PropertyValue.unmarshal, PropertyValue.marshal


def _read(value: struct_pb2.Value) -> PropertyValue:
    if value.HasField("string_value") and value.string_value in UNKNOWNS:
        return PropertyValue(Computed())
    if value.HasField("struct_value"):
        fields = value.struct_value.fields
        if rpc._special_sig_key in fields and fields[rpc._special_sig_key].string_value in ASSETS:
            return PropertyValue(Asset(PropertyValue.unmarshal_map(value.struct_value)))
    return _unmarshal(value)


def _write(self: PropertyValue) -> struct_pb2.Value:
    if isinstance(self.value, Computed):
        return _marshal(self.with_value(UNKNOWNS[0]))
    if isinstance(self.value, Asset):
        return _marshal(self.with_value(self.value.fields))
    return _marshal(self)


def install() -> None:
    """Make the SDK's server convert values this way."""
    PropertyValue.unmarshal = staticmethod(_read)
    PropertyValue.marshal = _write
