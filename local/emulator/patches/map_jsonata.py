"""Step Functions: a Distributed Map written in JSONata.

Fault: services/stepfunctions.py `_run_distributed_map` reads the fields of JSONPath alone: Items, ItemSelector,
MaxConcurrency, ItemBatcher and Output of a JSONata state are ignored.
AWS: evaluates them.
Without it: a replay of a day whose parts are too many for an inline Map cannot be run here.

Fields are evaluated first and the state is handed on with plain values. A ResultWriter is refused: nobody needs it yet.
"""

import copy
from collections.abc import Callable, Iterator
from typing import Any

from ministack.services import stepfunctions

type State = dict[str, Any]

_NUMBERS = ("MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage")
_HANDED_ON = ("Type", "Label", "Next", "End", "QueryLanguage")


def _evaluated(template: Any, raw: Any, context: State) -> Any:
    return stepfunctions._apply_jsonata_template(template, raw, context)


def _items(state: State, raw: Any, context: State) -> list[Any]:
    if reader := state.get("ItemReader"):
        plain = {**reader, "Parameters": _evaluated(reader.get("Arguments") or {}, raw, context)}
        return list(stepfunctions._read_map_items(plain, raw, context))
    items = _evaluated(state.get("Items", "{% $states.input %}"), raw, context)
    if isinstance(items, dict):
        return [{"Key": key, "Value": value} for key, value in items.items()]
    return items if isinstance(items, list) else [items]


def _inputs(state: State, raw: Any, context: State) -> Iterator[Any]:
    selector = state.get("ItemSelector")
    for index, item in enumerate(_items(state, raw, context)):
        if not selector:
            yield item
            continue
        own = {**copy.copy(context), "Map": {"Item": {"Index": index, "Value": item}}}
        yield _evaluated(selector, raw, own)


def _batched(state: State, inputs: list[Any], raw: Any, context: State) -> list[Any]:
    batcher = state.get("ItemBatcher")
    if not batcher:
        return inputs
    size = int(_evaluated(batcher.get("MaxItemsPerBatch", len(inputs) or 1), raw, context))
    shared = batcher.get("BatchInput")
    extra = {"BatchInput": _evaluated(shared, raw, context)} if shared else {}
    return [{**extra, "Items": inputs[start : start + size]} for start in range(0, len(inputs), size)]


def _in_jsonata(original: Callable[..., Any]) -> Callable[..., Any]:
    def run(state: State, raw: Any, effective: Any, processor: State, execution: State, context: State) -> Any:
        if stepfunctions._state_query_language(state, context) != "JSONata":
            return original(state, raw, effective, processor, execution, context)
        if state.get("ResultWriter"):
            raise stepfunctions._ExecutionError("States.Runtime", "The emulator has no ResultWriter.")
        plain = {name: state[name] for name in _HANDED_ON if name in state}
        plain |= {name: _evaluated(state[name], raw, context) for name in _NUMBERS if name in state}
        items = _batched(state, list(_inputs(state, raw, context)), raw, context)
        result, following = original(
            {**plain, "ItemsPath": "$.items"}, raw, {"items": items}, processor, execution, context
        )
        output = stepfunctions._apply_jsonata_output(state, raw, context, result=result, default=result)
        stepfunctions._apply_state_assign(state, raw, context, result=result)
        return output, following

    return run


def apply() -> None:
    stepfunctions._run_distributed_map = _in_jsonata(stepfunctions._run_distributed_map)
