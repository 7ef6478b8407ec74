"""schemathesis's command line, run in the folder that comes first: it leaves files where it runs."""

import os
import sys

from schemathesis.cli import schemathesis

os.chdir(sys.argv.pop(1))
schemathesis()
