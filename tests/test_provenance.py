"""A rule's inputs name every module its script rests on."""

from findings.provenance import PACKAGE, modules


def test_imports_are_followed_through_modules_and_inside_functions(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("def f():\n    from findings.job import job\n")
    found = {path.relative_to(PACKAGE).as_posix() for path in modules(script)}
    assert found == {"__init__.py", "environment.py", "errors.py", "job.py", "provenance.py"}


def test_a_module_not_imported_is_not_an_input(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import json\n")
    assert modules(script) == []
