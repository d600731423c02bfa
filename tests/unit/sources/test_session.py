"""Our DuckDB session takes bounded memory, and leaves nothing behind."""

from pathlib import Path

import duckdb
import pytest

from distilproof.sources.session import connect

IDS = "SELECT count(*) FROM (SELECT i::VARCHAR || 'x' AS id FROM range(3_000_000) t(i) GROUP BY id)"


def setting(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    found = connection.execute("SELECT current_setting(?)", [name]).fetchone()
    assert found is not None
    return str(found[0])


@pytest.mark.parametrize(("threads", "limit"), [(2, "1.0 GiB"), (16, "4.0 GiB")])
def test_memory_is_bounded_by_the_threads(
    threads: int, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"threads": str(threads)}
    monkeypatch.setattr("distilproof.sources.session._SETTINGS", settings)
    with connect() as connection:
        assert setting(connection, "memory_limit") == limit


def test_what_does_not_fit_goes_on_in_a_folder_that_is_gone_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("distilproof.sources.session._MEMORY_MIB", 96)
    monkeypatch.setattr("distilproof.sources.session._MEMORY_OF_A_THREAD_MIB", 1)
    with connect() as connection:
        folder = Path(setting(connection, "temp_directory"))
        assert folder.is_dir()
        assert connection.execute(IDS).fetchone() == (3_000_000,)
        connection.execute(f"CREATE TABLE kept AS {IDS.replace('count(*)', '*')}")
        assert any(folder.iterdir())
    assert not folder.exists()
    with pytest.raises(duckdb.ConnectionException):
        connection.execute("SELECT 1")
