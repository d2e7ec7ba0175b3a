"""A program that is killed while its run promotes a challenger: `killed_run.py STAGE HOME`."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from churn_assets.definitions import build_defs
from churn_assets.resources.model_store import ModelStoreResource
from churn_assets.resources.retraining_runs import DECISION
from churn_assets.resources.retrainings import decision_config, decision_tags
from churn_assets.resources.runner import Request, carry_out
from churn_assets.retraining.decision import Decision
from churn_assets_tests.end_to_end.service import Service
from churn_assets_tests.registry.killed import STAGES
from churn_assets_tests.retraining.causes import cause, retrained

if TYPE_CHECKING:
    from churn_assets.registry.history import History

DECIDED = retrained(cause(champion="2"), outcome=None)


class DyingModels(ModelStoreResource):
    """Models whose champion cannot be changed without the process being killed."""

    stage: str

    def history(self) -> "History":
        """A history whose registry dies."""
        from churn_assets.registry.history import History

        return History(STAGES[self.stage](self.tracking()))


def promotion(decision: Decision = DECIDED) -> Request:
    """What is left of a retraining once its challenger is trained."""
    return Request(("champion_model", DECISION), decision_tags(decision), decision_config(decision))


def main(stage: str, home: str) -> None:
    """Promote the challenger in a run of this process, and be killed."""
    os.environ.pop("DAGSTER_HOME", None)
    service = Service.of(Path(home))
    dying = DyingModels(folder=str(service.settings.mlflow_home), stage=stage)
    with service.session() as session:
        defs = build_defs(service.settings, resources={"models": dying})
        carry_out(defs, promotion(), instance=session.instance)


if __name__ == "__main__":
    main(*sys.argv[1:])
