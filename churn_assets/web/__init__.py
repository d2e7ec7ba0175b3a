"""The pages that retention analysts open in a browser, beside the API."""
