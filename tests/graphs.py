"""The graphs that TensorFlow runs in the end, when its graph optimizer is done with them."""

import contextlib

from tensorflow.python.eager import context

_UPDATES = ("ResourceApply", "AssignVariable", "AssignAddVariable", "AssignSubVariable")


@contextlib.contextmanager
def optimized():
    """Gives a list that holds, afterwards, the optimized graph of each function first called here.

    They are the whole graphs of GraphDef messages; functions inside them are inlined.
    """
    graphs = []
    context.enable_graph_collection()
    try:
        yield graphs
        functions = context.export_run_metadata().function_graphs
        graphs.extend(function.post_optimization_graph for function in functions)
    finally:
        context.disable_graph_collection()


def races(graph):
    """Returns (update, read) of variables where nothing says which of the two is first."""
    nodes = {node.name: node for node in graph.node}
    inputs = {name: _producers(node, nodes) for name, node in nodes.items()}
    updates = [node for node in graph.node if node.op.startswith(_UPDATES)]
    before = {node.name: _ancestors(node.name, inputs) for node in updates}
    found = []
    for read in (node for node in graph.node if node.op == "ReadVariableOp"):
        earlier = _ancestors(read.name, inputs)
        for update in updates:
            ordered = update.name in earlier or read.name in before[update.name]
            if read.input[0] in _variables(update) and not ordered:
                found.append((update.name, read.name))
    return found


def _variables(update):
    """Returns the inputs that name what is written: of an optimizer's, its moments too."""
    return list(update.input[: 3 if "Apply" in update.op else 1])


def _producers(node, nodes):
    names = [name.lstrip("^").split(":")[0] for name in node.input]
    return [name for name in names if name in nodes]


def _ancestors(name, inputs):
    seen, waiting = set(), [name]
    while waiting:
        for producer in inputs[waiting.pop()]:
            if producer not in seen:
                seen.add(producer)
                waiting.append(producer)
    return seen
