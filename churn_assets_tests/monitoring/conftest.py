"""An MLflow store for the tests that publish, made once and copied."""

from churn_assets_tests.registry.conftest import registry, schema, tracking

__all__ = ["registry", "schema", "tracking"]
