"""A rule, what breaks it, and a part of its complaint."""

from tests.template.breaking import Break
from tests.template.rules.resources import Rule

type Breakage = tuple[Rule, Break, str]
