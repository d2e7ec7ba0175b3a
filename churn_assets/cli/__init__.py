"""The command line: `churn-assets run | status | model | summary | simulate | demo | docs`."""
