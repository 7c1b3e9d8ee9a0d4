"""``python -m rnncourse``: the same as the command ``rnncourse``."""

from rnncourse.cli import app

app(prog_name="rnncourse")
