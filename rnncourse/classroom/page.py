"""HTML pages that stand alone: no script, no address, figures inside."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, select_autoescape

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TEMPLATES = Environment(
    loader=PackageLoader("rnncourse.classroom", "templates"),
    autoescape=select_autoescape(default=True),
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["points"] = "{:.4g}".format


def page(template: str, **values: Any) -> str:
    """A page from one of the templates; every value is escaped."""
    return _TEMPLATES.get_template(f"{template}.html").render(**values)


def picture(figure: Figure) -> str:
    """A figure as the address of an image that holds it."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=110, bbox_inches="tight")
    return f"data:image/png;base64,{base64.b64encode(drawn.getvalue()).decode('ascii')}"
