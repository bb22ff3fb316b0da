"""``python -m app``."""

import signal
import sys

signal.signal(signal.SIGTERM, signal.default_int_handler)  # schedulers' way to stop: as Ctrl-C
try:
    from app.cli import main
except KeyboardInterrupt:
    print("Stopped.", file=sys.stderr)
    sys.exit(130)
sys.exit(main())
