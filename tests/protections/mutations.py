"""What can be taken out of a module: named by what it does and where, found by syntax; lines may be rewritten."""

import ast
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutation:
    """A change of the nodes for which `concerns` is true, within one function, or in the whole module if that is
    empty.
    """

    path: str  # below service/talmach
    function: str  # Class.method
    concerns: Callable[[ast.AST], bool]
    changed: Callable[[ast.AST], ast.AST | list[ast.stmt]]

    def places(self, source: str) -> int:
        """Return how many there are: exactly one, or the name is not precise enough."""
        return sum(map(self.concerns, ast.walk(self._scope(ast.parse(source)))))

    def apply(self, source: str) -> str:
        """Return the module without the protection."""
        tree = ast.parse(source)
        _Change(self).visit(self._scope(tree))
        return ast.unparse(ast.fix_missing_locations(tree))

    def _scope(self, node: ast.AST) -> ast.AST:
        for name in filter(None, self.function.split(".")):
            kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
            node = next(each for each in ast.walk(node) if isinstance(each, kinds) and each.name == name)
        return node


class _Change(ast.NodeTransformer):
    def __init__(self, mutation: Mutation) -> None:
        self._mutation = mutation

    def visit(self, node: ast.AST) -> ast.AST | list[ast.stmt]:
        changed = self.generic_visit(node)
        return self._mutation.changed(node) if self._mutation.concerns(node) else changed


def refusal(path: str, function: str, error: str) -> Mutation:
    """`error` is not raised."""

    def concerns(node: ast.AST) -> bool:
        if not isinstance(node, ast.Raise) or node.exc is None:
            return False
        return ast.unparse(node.exc.func if isinstance(node.exc, ast.Call) else node.exc) == error

    return Mutation(path, function, concerns, lambda _: ast.Pass())


def call(path: str, function: str, callee: str) -> Mutation:
    """`callee` is not called."""

    def concerns(node: ast.AST) -> bool:
        return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _calls(node.value, callee)

    return Mutation(path, function, concerns, lambda _: ast.Pass())


def case(path: str, function: str, mentions: str) -> Mutation:
    """The `if` that asks for `mentions` never holds."""

    def changed(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.If)
        node.test = ast.Constant(value=False)
        return node

    return Mutation(path, function, lambda node: isinstance(node, ast.If) and mentions in _names(node.test), changed)


def handler(path: str, function: str, error: str, instead: str = "ZeroDivisionError") -> Mutation:
    """`error` is not caught, but `instead` is."""

    def concerns(node: ast.AST) -> bool:
        return isinstance(node, ast.ExceptHandler) and node.type is not None and ast.unparse(node.type) == error

    def changed(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.ExceptHandler)
        node.type = _expression(instead)
        return node

    return Mutation(path, function, concerns, changed)


def argument(path: str, function: str, callee: str, name: str | int, value: str) -> Mutation:
    """`callee` is given `value` for the argument of that name or number."""

    def changed(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Call)
        if isinstance(name, int):
            node.args[name] = _expression(value)
        else:
            (keyword,) = (each for each in node.keywords if each.arg == name)
            keyword.value = _expression(value)
        return node

    return Mutation(path, function, lambda node: isinstance(node, ast.Call) and _calls(node, callee), changed)


def value(path: str, function: str, target: str, instead: str) -> Mutation:
    """`target` is assigned `instead`."""

    def concerns(node: ast.AST) -> bool:
        return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == target

    def changed(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Assign)
        node.value = _expression(instead)
        return node

    return Mutation(path, function, concerns, changed)


def entry(path: str, key: str, instead: str) -> Mutation:
    """The value of a key, in a pair (key, value) or in a dictionary, is `instead`."""

    def concerns(node: ast.AST) -> bool:
        if isinstance(node, ast.Dict):
            return any(isinstance(each, ast.Constant) and each.value == key for each in node.keys)
        return isinstance(node, ast.Tuple) and isinstance(first := node.elts[0], ast.Constant) and first.value == key

    def changed(node: ast.AST) -> ast.AST:
        if isinstance(node, ast.Tuple):
            node.elts[1] = _expression(instead)
        else:
            assert isinstance(node, ast.Dict)
            at = [isinstance(each, ast.Constant) and each.value == key for each in node.keys].index(True)
            node.values[at] = _expression(instead)
        return node

    return Mutation(path, "", concerns, changed)


def block(path: str, function: str, manager: str) -> Mutation:
    """The `with` block of `manager` runs without it."""

    def concerns(node: ast.AST) -> bool:
        if not isinstance(node, ast.With | ast.AsyncWith):
            return False
        context = node.items[0].context_expr
        return isinstance(context, ast.Call) and _calls(context, manager)

    def changed(node: ast.AST) -> list[ast.stmt]:
        assert isinstance(node, ast.With | ast.AsyncWith)
        return node.body

    return Mutation(path, function, concerns, changed)


def _calls(node: ast.Call, callee: str) -> bool:
    return f".{ast.unparse(node.func)}".endswith(f".{callee}")


def _names(node: ast.AST) -> set[str]:
    return {
        each.id if isinstance(each, ast.Name) else each.attr
        for each in ast.walk(node)
        if isinstance(each, ast.Name | ast.Attribute)
    }


def _expression(source: str) -> ast.expr:
    return ast.parse(source, mode="eval").body


@dataclass(frozen=True, slots=True)
class Protection:
    """What is taken out of the code, and the test of the fault that it prevents."""

    fault: str
    without: Mutation
    test: str
