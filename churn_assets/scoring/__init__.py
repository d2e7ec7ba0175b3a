"""The stage that scores listeners: probabilities, risk bands and reasons in words."""
