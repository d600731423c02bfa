"""The password of a database is shown nowhere, whatever goes wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]

SECRET = "s3cr3t-w0rd"  # noqa: S105 - made up
URL = f"postgres://ann:{SECRET}@localhost:1/models"
URLS = {
    "plain": URL,
    "long scheme": f"postgresql://ann:{SECRET}@localhost:1/models",
    "upper case": f"POSTGRES://ann:{SECRET}@localhost:1/models",
    "in the query": f"postgres://localhost:1/models?user=ann&password={SECRET}",
    "another database": f"mysql://ann:{SECRET}@localhost/models",
    "a slash inside": f"postgres://ann:/{SECRET}/x@localhost:1/models",
    "a hash inside": f"postgres://ann:#{SECRET}#x@localhost:1/models",
    "a question mark inside": f"postgres://ann:?{SECRET}?x@localhost:1/models",
    "an at sign inside": f"postgres://ann:@{SECRET}@x@localhost:1/models",
    "a colon inside": f"postgres://ann::{SECRET}:x@localhost:1/models",
    "an at sign in the query": f"postgres://ann:{SECRET}@localhost:1/models?user=a@b",
    "escaped": f"postgres://ann:%20{SECRET}%2F@localhost:1/models",
    "no number as the port": f"postgres://ann:{SECRET}@localhost:port/models",
    "no host": f"postgres://ann:{SECRET}@",
    "one slash": f"postgres:/ann:{SECRET}@localhost/models",
}
PLACES = {
    "as the table": "evaluate URL --label y --teacher t --student s --table-name predictions",
    "without a table's name": "evaluate URL --label y --teacher t --student s",
    "without roles": "evaluate URL",
    "twice": "evaluate URL URL --label y --teacher t --student s",
    "as a role": "evaluate nowhere.csv --label URL --teacher t --student s",
    "as a number": "evaluate t.csv --label y --teacher t --student s --floor URL",
    "as a flag": "evaluate t.csv --URL",
    "as a flag's value": "evaluate t.csv --URL=1 --label=URL --critical=URL",
    "as the verb": "URL",
    "as a finding": "explain URL",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("url", URLS)
def test_the_password_is_not_shown(call: Command, url: str, place: str) -> None:
    words = PLACES[place].replace("URL", URLS[url]).split()
    for answer in (call(*words), call(*words, "--json")):
        assert answer.status == 2
        assert SECRET not in answer.out + answer.err


def test_a_trace_does_not_show_it_either(run: Command, tmp_path: Path) -> None:
    (tmp_path / "duckdb.py").write_text(f"raise RuntimeError({URL!r})\n", "utf-8")
    wishes = {"PYTHONPATH": str(tmp_path), "DISTILPROOF_DEBUG": "1"}
    answer = run(*PLACES["as the table"].replace("URL", URL).split(), **wishes)
    assert answer.status == 4
    assert "RuntimeError" in answer.err
    assert SECRET not in answer.err


def test_what_is_no_secret_is_shown(call: Command) -> None:
    url = URL.replace("postgres", "mysql")
    answer = call(*PLACES["without a table's name"].replace("URL", url).split())
    assert "mysql://ann@localhost:1/models is not on this machine" in answer.err
