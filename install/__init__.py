"""The install ladder: everything that `make up` and `make test` need, each by the first rung that
holds: what is there, the vendor's own download, what package registries carry (`offline/`).

Standard library only: it runs before the virtual environment exists.
"""
