"""Files fetched from elsewhere, kept as long as somebody uses them."""

import shutil
import weakref
from pathlib import Path
from tempfile import mkdtemp


class Download:
    """A temporary folder that is removed when its last owner is gone, or the process ends."""

    def __init__(self) -> None:
        self.folder = Path(mkdtemp(prefix="churn-model-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
