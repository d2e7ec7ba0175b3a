"""How far the inputs of the model have moved from what the champion was trained on."""
