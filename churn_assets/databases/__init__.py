"""Databases on servers: their addresses, how they may be shown, and what is made in them at first use."""
