"""`python -m analysis`."""

import sys

from analysis.files.command_line import main

sys.exit(main())
