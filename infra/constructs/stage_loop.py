"""One stage of an execution as states: its function, what its answer leads to, and its wait."""

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.python_function import PythonFunction
from infra.constructs.workflow import step


class StageLoop:
    """`asked` → the answer's `status` decides: the same again, a wait and the same again, or what `leads_to` says.

    Every answer repeats what the run is of, so that each state has all that it needs.
    """

    def __init__(self, scope: Construct, name: str, function: PythonFunction) -> None:
        self.asked = step(scope, name, function.function)
        self._choice = sfn.Choice.jsonata(scope, f"{name}: what now?")
        wait = sfn.Wait.jsonata(scope, f"{name} waits", time=sfn.WaitTime.seconds("{% $states.input.seconds %}"))
        self.asked.next(self._choice)
        self.leads_to("again", self.asked)
        self.leads_to("wait", wait.next(self.asked))

    def leads_to(self, status: str, following: sfn.IChainable) -> None:
        self._choice.when(sfn.Condition.jsonata(f'{{% $states.input.status = "{status}" %}}'), following)

    def otherwise(self, following: sfn.IChainable) -> None:
        self._choice.otherwise(following)
