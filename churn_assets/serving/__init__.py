"""The stage that answers requests: predictions from raw logs over HTTP, none of them lost."""
