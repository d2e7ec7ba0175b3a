"""The reference page of all settings: `docs/reference/settings.md`."""

from churn_assets.settings import Settings


def settings_page() -> str:
    """Every setting, its default and what it is, as Markdown."""
    rows = [
        f"| `CHURN_{name.upper()}` | `{'' if field.default is None else field.default}` | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    header = (
        "# Settings\n\nGenerated from `churn_assets/settings.py` by `make docs`. Each is an environment variable or a "
        "line of `.env`.\n\n| variable | default | what it is |\n|---|---|---|\n"
    )
    return header + "\n".join(rows) + "\n"
