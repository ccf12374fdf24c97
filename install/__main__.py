"""python3 -m install [what ...]: sets up what is missing, each thing once."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  (run by whatever python3 there is)
    sys.exit("Cyberhubs needs Python 3.11 or newer: run it with that, or make PYTHON=python3.11.")

from .bootstrap import main

sys.exit(main(sys.argv[1:]))
