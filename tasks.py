"""The tasks of this repository: careen's own, see `invoke --list`."""

import sys
from pathlib import Path

# From a checkout the tasks run without an installation.
sys.path.insert(0, str(Path(__file__).parent / "src"))

from careen.tasks import namespace

ns = namespace()
