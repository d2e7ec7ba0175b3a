"""The stage that mends the model without a person: what sets a retraining off, and what came of it."""
