"""What the documents under test are made of."""

from typing import Any

type Json = Any
"""Any part of a JSON or YAML document."""
type Node = dict[str, Any]
"""A mapping within it, or the whole."""
