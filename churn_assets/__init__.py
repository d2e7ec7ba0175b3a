"""churn_assets: who is about to leave a music service, why, and when the model stopped being right."""

__version__ = "0.1.0"
