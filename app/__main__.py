"""``python -m app``."""

import signal
import sys

from app.cli import main

signal.signal(signal.SIGTERM, signal.default_int_handler)  # schedulers' way to stop: as Ctrl-C
sys.exit(main())
