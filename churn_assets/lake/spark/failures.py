"""What Spark raises, and what of it is worth telling."""

from churn_assets.errors import SparkError


def failures() -> tuple[type[Exception], ...]:
    """What Spark raises when it cannot do what it was asked; SparkError if it is not installed."""
    try:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
    except ImportError as error:
        message = "CHURN_ENGINE=spark needs pyspark: install the extra, `pip install 'churn-assets[spark]'`."
        raise SparkError(message) from error
    return (PySparkException, Py4JError)


def reason(error: BaseException) -> str:
    """What an error of Spark says, without the traces of machines: a worker's Python says it last, all else first."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    return lines[-1] if "Traceback (most recent call last):" in lines[:2] else lines[0]
