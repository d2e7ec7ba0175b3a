"""Stage 3: who is at risk at a cut-off, and who of them left; only once the whole label window has landed."""
