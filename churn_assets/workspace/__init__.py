"""The platform as people use it from Python and notebooks: `churn_assets.connect()` gives a `Workspace`."""
