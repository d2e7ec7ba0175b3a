"""Every error the platform raises on purpose; a message says what is wrong, with which thing, and how to mend it.

ChurnAssetsError
 ├── SettingsError            a setting is missing or contradicts another
 ├── LandingError             a landing file cannot be read, or has vanished
 ├── LakeError
 │    ├── MissingPartitionError   a table or partition is not in the lake
  │    ├── UnknownNameError        there is no table, column, partition or listener of that name
  │    ├── LakeUnreachableError    the object store of the lake does not answer, or refuses
  │    └── OvertakenError          another machine replaced what was read before it could be written
  ├── SparkError               Spark cannot be started or reached, or could not make a table
 ├── ContractError            rows break the contract of their table
 ├── ImmatureLabelError       a label window has not landed yet
 ├── TrainingError            there is not enough matured data to train on
 ├── HistoryError             the database of Dagster's history does not answer
 ├── RegistryError
 │    ├── NoChampionError         nothing has been promoted yet
 │    ├── ArtifactError           a stored model is tampered with, foreign or incomplete
 │    └── FingerprintError        a model and the features it is given were declared differently
 ├── StoreError               the prediction store cannot do what was asked of it
 │    └── StoreUnreachableError   it does not answer, or is busy for longer than was waited: nothing was kept, try again
 ├── RequestError             a request to the API cannot be answered; its fields say which event and which field
 ├── ReportError              a report cannot be made
 ├── LineageError             a prediction cannot be traced back to what it was made from
 ├── ForgettingError          a listener cannot be forgotten now, or not everywhere
 ├── RetrainingError          a retraining cannot be decided on or recorded
 └── RetentionError           a retention list cannot be made, written or judged
"""


class ChurnAssetsError(Exception):
    """Base of every deliberate error, so that one `except` catches them all."""


class SettingsError(ChurnAssetsError):
    """A setting is missing or contradicts another."""


class LandingError(ChurnAssetsError):
    """A landing file cannot be read, or one that was ingested before has vanished."""


class LakeError(ChurnAssetsError):
    """The lake cannot do what was asked of it."""


class MissingPartitionError(LakeError):
    """A table or one of its partitions has not been materialised."""


class UnknownNameError(LakeError):
    """There is no table, column, partition or listener of that name, nor could there be."""


class LakeUnreachableError(LakeError):
    """The object store that the lake is in does not answer, or refuses."""


class OvertakenError(LakeError):
    """Another machine replaced a file of the lake between reading and writing it."""


class SparkError(ChurnAssetsError):
    """Spark cannot be started or reached, or has failed more often than it tries again."""


class ContractError(ChurnAssetsError):
    """Rows break the contract of their table."""


class ImmatureLabelError(ChurnAssetsError):
    """A label was asked for before its whole window had landed."""


class TrainingError(ChurnAssetsError):
    """There is not enough matured data to train or to evaluate honestly."""


class HistoryError(ChurnAssetsError):
    """The database that Dagster's history is kept in does not answer, or did not while something ran."""


class RegistryError(ChurnAssetsError):
    """The model registry cannot do what was asked of it."""


class NoChampionError(RegistryError):
    """No model version carries the champion alias."""


class ArtifactError(RegistryError):
    """A stored model is tampered with, foreign or incomplete."""


class FingerprintError(RegistryError):
    """A model and the features it is given were declared differently."""


class StoreError(ChurnAssetsError):
    """The prediction store cannot do what was asked of it."""


class StoreUnreachableError(StoreError):
    """The prediction store does not answer, or is busy for longer than was waited; the same may work again later."""


class RequestError(ChurnAssetsError):
    """A request to the API cannot be answered as it is."""


class ReportError(ChurnAssetsError):
    """A report cannot be made."""


class LineageError(ChurnAssetsError):
    """A prediction cannot be traced back to what it was made from."""


class ForgettingError(ChurnAssetsError):
    """A listener cannot be forgotten now, or not everywhere."""


class RetrainingError(ChurnAssetsError):
    """A retraining cannot be decided on or recorded."""


class RetentionError(ChurnAssetsError):
    """A retention list cannot be made, written or judged."""
