"""What `make up` needs, each thing from the first source that holds: what is there, then its vendor's
download, then what the folder offline/ has for it, where that is there.

The first stage (`bootstrap`, and what it imports) is of the standard library only: it makes the virtual
environment, in which all else runs.
"""
