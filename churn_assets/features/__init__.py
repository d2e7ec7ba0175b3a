"""Stage 2: every feature, declared once, evaluated in batch (Ibis) and in a request (NumPy)."""
