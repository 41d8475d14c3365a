"""`python -m geo_safety` is the command `geo-safety`."""

import sys

from geo_safety.cli import main

sys.exit(main())
