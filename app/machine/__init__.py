"""The machine: its facts and memory, a quiet start, work in a process of its own."""
