"""`lab_run NAME MODULE ARGUMENT...`: what the scripts of Debian's daemon packages do."""

import importlib
import sys

name, module, *arguments = sys.argv[1:]
sys.argv = [name, *arguments]
sys.exit(importlib.import_module(module).main())
