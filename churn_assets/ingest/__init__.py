"""Stage 1: landing files become raw logs, clean events and sessions; what cannot be used is kept in quarantine."""
