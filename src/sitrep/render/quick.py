"""Imports jsonschema, which nbformat checks notebooks with, without the three seconds of a grammar that nobody asks for.

jsonschema imports rfc3987-syntax where it is installed (JupyterLab brings it), for the formats "iri" and
"iri-reference"; importing that compiles a grammar. No schema of a notebook names these formats. So the module is hidden
while jsonschema is imported, and only then.
"""

import sys

_HIDDEN = "rfc3987_syntax"

if _HIDDEN not in sys.modules:
    sys.modules[_HIDDEN] = None  # type: ignore[assignment]  # as the import system marks what is not there
    try:
        __import__("jsonschema")
    finally:
        del sys.modules[_HIDDEN]
