"""What differs between kinds of run."""
