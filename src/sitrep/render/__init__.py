"""From executed notebooks to what a reader opens: one document, then HTML, PDF and slides."""
