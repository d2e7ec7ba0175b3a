"""Stage 4: candidates on a ladder, chosen, calibrated and judged on cut-offs that lie after everything they saw."""
