"""Calls that run what somebody else wrote: unpickling, eval, a shell. None is needed here."""

import ast
from collections.abc import Iterator
from pathlib import Path

MODULES = frozenset({"pickle", "cPickle", "marshal", "shelve", "dill"})
BUILTINS = frozenset({"eval", "exec", "compile", "__import__"})
CALLS = frozenset({"os.system", "os.popen", "yaml.load", "yaml.unsafe_load", "subprocess.getoutput"})


def dangers(path: Path) -> Iterator[tuple[int, str]]:
    """(line, what) for each in one module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            yield from ((node.lineno, name) for name in names if name.split(".")[0] in MODULES)
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in BUILTINS or called in CALLS:
                yield node.lineno, called
            if any(k.arg == "shell" and not _false(k.value) for k in node.keywords):
                yield node.lineno, "shell"


def _false(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False
