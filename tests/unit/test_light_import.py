"""`import distilproof` and `--help` start at once: the heavy libraries load when they are used."""

import json
import subprocess
import sys

import pytest

HEAVY = {
    "altair",
    "duckdb",
    "aiohttp",
    "jinja2",
    "onnxruntime",
    "narwhals",
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
}
HEAVY |= {"pydantic", "pyspark", "scipy", "sklearn", "skops", "sqlalchemy", "torch", "vl_convert"}

HELP = """
import contextlib, io
from distilproof.cli.main import main
sys.argv = ["distilproof", {flag!r}]
with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
    main()
assert {expected!r} in out.getvalue(), out.getvalue()
"""

STARTS = {
    "import distilproof": "import distilproof",
    "distilproof --help": HELP.format(flag="--help", expected="evaluate"),
    "distilproof --version": HELP.format(flag="--version", expected="."),
}


@pytest.mark.parametrize("start", STARTS)
def test_no_heavy_library_is_loaded_by(start: str) -> None:
    program = f"import json, sys\n{STARTS[start]}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert loaded & HEAVY == set()
