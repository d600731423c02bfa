"""PostgreSQL, a real server: the same cube, whatever its types and zone, and no password shown."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from distilproof.counts.cube import Cube
from distilproof.counts.schema import Layout, Roles
from distilproof.errors import TableError
from distilproof.sources.predictions import check
from distilproof.sources.scan import scan
from distilproof.sources.tables import open_table

Case = Any
Count = Callable[[Case], Cube]
"""Classes of the conftest, which is no module to import from."""

pytestmark = pytest.mark.postgres

PASSWORD = "pa55 w@rd"  # noqa: S105 - of a server that lives as long as the test
ESCAPED = "pa55%20w%40rd"


def program(name: str) -> str:
    """Path of one of the server's programs: on the path, or where Debian puts them."""
    found = shutil.which(name)
    if found is None:
        places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
        assert places, f"{name} is not installed: see scripts/need_postgres"
        found = str(places[-1])
    return found


def server_user() -> dict[str, Any]:
    """User to run the server as: it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    entry = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running_server(folder: Path) -> Iterator[str]:
    """Run a server of our own on a free port of this machine; its address while it runs."""
    runs_as = server_user()
    if runs_as:
        os.chown(folder, runs_as["user"], runs_as["group"])
    secret = folder / "secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    data = folder / "data"
    initialise = [program("initdb"), "-D", data, "-U", "ann", "-A", "scram-sha-256"]
    options = [f"--pwfile={secret}", "--encoding=UTF8", "--locale=C", "--no-sync"]
    subprocess.run([*initialise, *options], check=True, capture_output=True, cwd=folder, **runs_as)
    port = free_port()
    settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
    settings |= {"timezone": "Asia/Tokyo", "port": str(port)}
    flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [program("postgres"), "-D", data, *flags], stdout=log, stderr=log, cwd=folder, **runs_as
        )
    try:
        ready = [program("pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-t", "1"]
        for _ in range(200):
            assert server.poll() is None, (folder / "log").read_text()
            if subprocess.run(ready, check=False, capture_output=True).returncode == 0:
                break
        yield f"127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="distilproof-postgres-"))
    try:
        with running_server(folder) as found:
            yield found
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def url(address: str) -> str:
    return f"postgresql://ann:{ESCAPED}@{address}/postgres"


@pytest.fixture(scope="session")
def loaded(url: str, arrow: pa.Table) -> str:
    """Address of a database that holds the awkward table, and one with types of its own."""
    from adbc_driver_postgresql import dbapi  # noqa: PLC0415 - only in this lane

    with dbapi.connect(url, autocommit=True) as server, server.cursor() as cursor:
        cursor.adbc_ingest("predictions", arrow)
        cursor.execute('CREATE SCHEMA "odd name"')
        cursor.execute("CREATE TYPE answer AS ENUM ('yes', 'no')")
        cursor.execute(
            'CREATE TABLE "odd name".own (y answer, t varchar(9), s char(3), p numeric, w real,'
            ' "probs" numeric[], at timestamptz, local timestamp, key uuid, "the ""lang""" text)'
        )
        cursor.execute(
            """INSERT INTO "odd name".own SELECT 'yes', 'yes', 'yes', 0.5, 2, '{0.25, 0.75}',
            '2026-01-01 00:30:00+09', '2026-01-01', gen_random_uuid(), 'es'
            FROM generate_series(1, 7)"""
        )
    return url


OWN = Roles(
    label="y", teacher="t", student="s", student_confidence="p", weight="w", teacher_probs="probs",
    time="at", id="key",
)  # fmt: skip
OWN_LAYOUT = Layout(columns=('the "lang"',), window="day")


@pytest.mark.parametrize(
    "asked", [{"table": "predictions"}, {"query": "SELECT * FROM predictions; "}]
)
def test_the_same_cube(loaded: str, case: Case, counted: Count, asked: dict[str, str]) -> None:
    with open_table(loaded, roles=case.roles, layout=case.layout, **asked) as opened:
        cube = scan(opened.frame, case.roles, case.layout)
    expected = counted(case)
    for name, table in expected.tables().items():
        assert cube.tables()[name].to_pylist() == table.to_pylist(), name
    assert cube.digest == expected.digest


def test_types_of_its_own(loaded: str) -> None:
    with open_table(loaded, table="odd name.own", roles=OWN, layout=OWN_LAYOUT) as opened:
        facts = check(opened.frame, OWN, OWN_LAYOUT)
        cube = scan(opened.frame, OWN, OWN_LAYOUT, facts)
    assert (facts.rows, facts.classes) == (7, ("yes",))
    whole, _ = cube.cells.to_pylist()
    assert (whole["n"], whole["sum_w"], whole["sum_conf"]) == (7, 14_000_000, 7_000_000)
    assert whole["window"] == 1_767_139_200_000_000  # 31 December 2025 in UTC
    assert whole["student_ok"] is True


def test_a_clock_without_a_zone_is_refused(loaded: str) -> None:
    roles = replace(OWN, time="local")
    with (
        open_table(loaded, table="odd name.own", roles=roles, layout=OWN_LAYOUT) as opened,
        pytest.raises(TableError, match="column 'local' holds timestamps without a zone"),
    ):
        check(opened.frame, roles, OWN_LAYOUT)


def test_rows_are_read_once_in_one_snapshot(loaded: str) -> None:
    from adbc_driver_postgresql import dbapi  # noqa: PLC0415 - only in this lane

    with dbapi.connect(loaded, autocommit=True) as server, server.cursor() as cursor:
        cursor.execute("CREATE TABLE moving AS SELECT * FROM predictions")
        with open_table(loaded, table="moving") as opened:
            cursor.execute("DELETE FROM moving")
            assert opened.frame.select("id").collect("pyarrow").shape[0] == 700
        cursor.execute("DROP TABLE moving")


def test_nothing_is_written(loaded: str) -> None:
    query = "SELECT * FROM predictions) AS asked; DROP TABLE predictions; SELECT (1"
    with pytest.raises(TableError):
        open_table(loaded, query=query)
    with open_table(loaded, table="predictions") as opened:
        assert "label" in opened.frame.collect_schema().names()


def test_the_temporary_file_goes(
    loaded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with open_table(loaded, table="predictions"):
        assert list(tmp_path.iterdir())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "asked", "said"),
    [
        (("postgres", "postgres"), {"table": "prediction"}, "does not exist"),
        (("postgres", "nowhere"), {"table": "predictions"}, 'database "nowhere" does not exist'),
        ((ESCAPED, "wr0ng"), {"table": "predictions"}, "authentication failed"),
        (("postgres", "postgres"), {"query": "SELECT * FRM predictions"}, "syntax error"),
    ],
)
def test_what_the_server_refuses(
    loaded: str, change: tuple[str, str], asked: dict[str, str], said: str
) -> None:
    wrong = loaded[::-1].replace(change[0][::-1], change[1][::-1], 1)[::-1]
    with pytest.raises(TableError) as refused:
        open_table(wrong, **asked)
    assert said in refused.value.message
    assert refused.value.exit_code == 2
    shown = f"{refused.value.message} {refused.value.hint} {refused.value.__cause__}"
    assert not {PASSWORD, ESCAPED, "wr0ng"} & set(shown.split())
    assert all(secret not in shown for secret in (PASSWORD, ESCAPED, "wr0ng"))


def test_a_server_that_does_not_answer() -> None:
    with pytest.raises(TableError) as refused:
        open_table(f"postgres://ann:{ESCAPED}@127.0.0.1:{free_port()}/m", table="t")
    assert "refused" in refused.value.message
    assert ESCAPED not in refused.value.message
    assert PASSWORD not in refused.value.message
