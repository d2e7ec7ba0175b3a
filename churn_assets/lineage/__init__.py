"""From one prediction back to everything that it came from: model, features, daily aggregates, log files and lines."""
