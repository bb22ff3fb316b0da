"""``python -m app``."""

import sys

from app.cli import main
from app.memory import keep_freed_memory

keep_freed_memory()
sys.exit(main())
