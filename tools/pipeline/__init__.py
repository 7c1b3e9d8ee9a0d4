"""From the sources that people edit to the notebooks that people read."""
