"""Removes a listener from everything that is kept, and proves it."""
