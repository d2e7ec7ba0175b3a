"""What every table promises: columns, types, ranges and keys, declared once."""
