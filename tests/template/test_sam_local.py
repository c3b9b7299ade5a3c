"""`sam local invoke` gives each function what events/env.json says, also the emulator's address.

It needs Docker to run a function. What it would hand over is asked of its own code.
"""

import json
import subprocess
from typing import Final

import pytest

from local.environment import local_credentials
from local.paths import PROJECT
from tests.template.documents import TEMPLATE
from tests.template.nodes import Json

VARIABLES: Final = PROJECT.root / "events" / "env.json"
PROGRAM: Final = """
import json, sys
from samcli.commands.local.lib.local_lambda import LocalLambdaRunner
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider
template, variables = sys.argv[1:]
stacks, _ = SamLocalStackProvider.get_stacks(template)
functions = SamFunctionProvider(stacks)
with open(variables) as file:
    runner = LocalLambdaRunner(None, functions, ".", ".", env_vars_values=json.load(file))
given = {each.name: runner._make_env_vars(each).resolve() for each in functions.get_all()}
print(json.dumps(given))
"""


@pytest.fixture(scope="module")
def given() -> Json:
    ran = subprocess.run(
        [str(PROJECT.sam_python), "-c", PROGRAM, str(TEMPLATE), str(VARIABLES)],
        cwd=PROJECT.root,
        env=local_credentials("http://127.0.0.1:9"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_each_function_gets_each_variable_of_the_file(given: Json) -> None:
    wanted = json.loads(VARIABLES.read_text(encoding="utf-8"))
    assert given.keys() == wanted.keys()
    for function, variables in wanted.items():
        assert given[function] | variables == given[function]


def test_the_file_names_every_variable_that_has_no_meaning_of_its_own(given: Json) -> None:
    wanted = json.loads(VARIABLES.read_text(encoding="utf-8"))
    for function, variables in given.items():
        own = {name for name in variables if not name.startswith(("AWS_", "_"))}
        assert own <= wanted[function].keys()
