"""The stage that says whom to call: lists by expected value, with a hold-out group that shows what calling does."""
