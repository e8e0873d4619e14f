"""The record of actions is read by people: whatever the code writes into it has a word in both languages."""

import ast
from collections.abc import Iterator
from pathlib import Path

from matcher.exchange.verdict import Action
from matcher.web.admin.details import KEYS
from matcher.web.admin.words import ENTITIES, VERBS

CODE = Path(__file__).resolve().parents[2] / "matcher"


def _calls() -> Iterator[ast.Call]:
    for path in CODE.rglob("*.py"):
        yield from (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))


def _texts(node: ast.expr) -> Iterator[str]:
    """Yield the whole texts in an expression; the pieces of an f-string are none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*_texts(node.body), *_texts(node.orelse))
    elif isinstance(node, ast.JoinedStr) and isinstance(node.values[-1], ast.Constant):
        yield str(node.values[-1].value)


def test_every_action_and_every_thing_of_the_record_has_a_word() -> None:
    actions, things = set(), set()
    for call in _calls():
        if ast.unparse(call.func) == "audit.record":
            actions.update(text.rpartition(".")[2] for text in _texts(call.args[2]))
            things.update(_texts(call.args[3]))
        elif ast.unparse(call.func) == "Transition":
            actions.update(_texts(call.args[0]))
    assert len(actions) > 50
    assert actions - set(VERBS) == set()
    assert things - set(ENTITIES) == set()


def test_every_detail_of_the_record_has_a_word() -> None:
    calls = [call for call in _calls() if ast.unparse(call.func) == "audit.record"]
    told = {one.arg for call in calls for one in call.keywords if one.arg} | {action.value for action in Action}
    assert len(told) > 40
    assert told - set(KEYS) == set()
