"""A person who deploys by the README is asked nothing that it does not explain."""

from tests.template.documents import read_template
from tests.template.readme import PARAMETER, parameters, questions


def test_every_parameter_is_in_the_table_of_questions_in_its_order() -> None:
    asked = [each.removeprefix(PARAMETER) for each in questions() if each.startswith(PARAMETER)]
    assert asked == list(read_template()["Parameters"])


def test_every_parameter_is_in_the_table_of_the_configuration() -> None:
    assert parameters() == list(read_template()["Parameters"])
