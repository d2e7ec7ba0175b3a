"""The command line: `churn-assets run | status | model | simulate | demo | docs`."""
