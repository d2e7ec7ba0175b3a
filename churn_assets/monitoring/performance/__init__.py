"""How good predictions turned out, how good they should turn out, and whether the model got worse."""
