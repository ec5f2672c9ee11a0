"""``python -m crmlab`` is ``crmlab``."""

import os
import sys

if not sys.flags.safe_path and sys.path and os.path.abspath(sys.path[0]) == os.getcwd():
    del sys.path[0]  # a pandas.py in the current folder is the reader's, and none of ours

from crmlab.cli import main

main()
