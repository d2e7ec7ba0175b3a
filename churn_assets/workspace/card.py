"""Model cards as text that shows itself as a page."""

from churn_assets.workspace.page import page


class Card(str):
    """The Markdown of a model card; a notebook shows it as HTML, in which nothing of it is taken for markup."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        from markdown_it import MarkdownIt

        reader = MarkdownIt("commonmark", {"html": False}).enable("table")
        return page("Model card", reader.render(self))

    def _repr_markdown_(self) -> str:
        return str(self)
