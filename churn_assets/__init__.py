"""churn_assets: who is about to leave a music service, why, and when the model stopped being right."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from churn_assets.workspace.place import Where
    from churn_assets.workspace.workspace import Workspace

__all__ = ["connect"]
__version__ = "0.1.0"


def connect(where: "Where" = None) -> "Workspace":
    """Everything that the platform holds, for a notebook: tables, models, predictions, reports, and how to make them.

    `where` is a folder (a home, which holds `lake`, or a project, which holds the home `data`) or `Settings`. Without
    it, the environment and `.env` say where, as for `churn-assets`; else the nearest project around the working
    directory. Nothing is written and no daemon is needed. SettingsError if there is no such place.
    """
    from churn_assets.workspace.place import place_of
    from churn_assets.workspace.workspace import Workspace

    return Workspace(place_of(where))
