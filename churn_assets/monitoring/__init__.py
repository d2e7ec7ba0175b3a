"""The stage that watches the model: drift, novelty, and how good its predictions turned out."""
