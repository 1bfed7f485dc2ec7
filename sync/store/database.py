"""Opening the database, and its transactions.

Many processes share one database: the agent, the TUI, the command line. On SQLite every write transaction is
BEGIN IMMEDIATE (a deferred one fails at its first write when another process wrote meanwhile, and busy_timeout
does not help then); readers never wait in WAL mode.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, make_url

from crm_model.errors import BadMessage, Busy, ConfigError, HitchpostError, Unreachable
from sync.store.tables import change_counter

Unit = Connection
"""One transaction: what every function of the store takes. Its type is opaque outside `sync.store`."""

_BUSY_MILLISECONDS = 15_000


class Store:
    """One database. Threads may share it; each transaction has a connection of its own."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @property
    def is_sqlite(self) -> bool:
        return self._engine.dialect.name == "sqlite"

    @property
    def place(self) -> str:
        """Where the database is, without password: for people."""
        return self._engine.url.database or "" if self.is_sqlite else self._engine.url.render_as_string(True)

    @property
    def url(self) -> str:
        """What another process opens this database by, password included: never for people or logs."""
        return self._engine.url.render_as_string(hide_password=False)

    @contextlib.contextmanager
    def read(self) -> Iterator[Unit]:
        """A consistent view. Errors: Busy, Unreachable, ConfigError."""
        with _our_errors(self.place), self._engine.connect() as unit, unit.begin():
            yield unit

    @contextlib.contextmanager
    def write(self) -> Iterator[Unit]:
        """A transaction that holds the write lock from its first statement; all of it or nothing is stored."""
        with (
            _our_errors(self.place),
            self._engine.connect().execution_options(hitchpost_write=True) as unit,
            unit.begin(),
        ):
            yield unit

    @contextlib.contextmanager
    def session(self) -> Iterator[Unit]:
        """A connection outside any transaction: for a lock that lasts longer than one."""
        with (
            _our_errors(self.place),
            self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session,
        ):
            yield session

    def close(self) -> None:
        self._engine.dispose()


def open_engine(url: str) -> sa.Engine:
    """An engine for `url` (`sqlite:///path` or `postgresql://…`), tuned alike for every process.

    Errors: ConfigError for a URL that names no database we know.
    """
    try:
        parsed = make_url(url)
    except sa.exc.ArgumentError as error:
        raise ConfigError(
            "this is no database URL; write sqlite:///path or postgresql://user@host/name", key="database"
        ) from error
    if parsed.get_backend_name() == "sqlite":
        return _sqlite_engine(parsed)
    if parsed.get_backend_name() == "postgresql":
        return sa.create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, hide_parameters=True)
    raise ConfigError("the database must be sqlite or postgresql", key="database")


def _sqlite_engine(url: URL) -> sa.Engine:
    if not url.database or url.database == ":memory:":
        raise ConfigError("the database must be a file, since several processes share it", key="database")
    path = Path(url.database).expanduser()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            path.touch(mode=0o600)
    except OSError as error:
        raise ConfigError(f"can't make the database file {path}: {error.strerror}", key="database") from error
    engine = sa.create_engine(
        url.set(database=str(path)),
        connect_args={"timeout": _BUSY_MILLISECONDS / 1000},
        hide_parameters=True,
        pool_use_lifo=True,  # the connection whose cache is warm; taken in turn, each would fill a cache of its own
    )
    sa.event.listen(engine, "connect", _set_pragmas)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _set_pragmas(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
    # We emit BEGIN ourselves (see _begin): the driver's own would be deferred.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={_BUSY_MILLISECONDS}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "cache_size=-8000",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(unit: Connection) -> None:
    write = unit.get_execution_options().get("hitchpost_write")
    unit.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def next_seq(unit: Unit) -> int:
    """This transaction's place in the order of changes: one more than every change stored before it.

    The counter's row stays locked until commit, so nobody can see a higher place before this one.
    """
    seq: int | None = unit.info.get("seq") if unit.info.get("seq_of") is unit.get_transaction() else None
    if seq is None:
        seq = unit.execute(
            change_counter.update().values(value=change_counter.c.value + 1).returning(change_counter.c.value)
        ).scalar_one()
        unit.info.update(seq=seq, seq_of=unit.get_transaction())
    return seq


def last_seq(unit: Unit) -> int:
    """The place of the newest stored change."""
    return int(unit.execute(sa.select(change_counter.c.value)).scalar_one())


@contextlib.contextmanager
def _our_errors(place: str) -> Iterator[None]:
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise _named(error, place) from error


def _named(error: sa.exc.DBAPIError, place: str) -> HitchpostError | sa.exc.DBAPIError:
    text = str(error.orig).lower()
    if "locked" in text or "deadlock" in text or "serialize" in text:
        return Busy("The database is in use by another program; it will be tried again.")
    if "full" in text or "no space" in text:
        return Busy(f"The disk is full: free some space for {place}. Nothing is lost; the work goes on by itself.")
    if "not a database" in text or "malformed" in text:
        return ConfigError(
            f"{place} is no usable database; restore it from a copy or name another file", key="database"
        )
    if "readonly" in text or "unable to open" in text or "permission denied" in text:
        return ConfigError(f"can't write to {place}; check who owns it and its permissions", key="database")
    if isinstance(error, sa.exc.OperationalError) and (error.connection_invalidated or "connect" in text):
        return Unreachable(f"The database server of {place} does not answer; check that it runs.")
    return error


@contextlib.contextmanager
def savepoint(unit: Unit) -> Iterator[None]:
    """Everything inside or nothing of it, within the transaction. Errors: BadMessage for values no database takes."""
    try:
        with unit.begin_nested():
            yield
    except (UnicodeError, OverflowError, sa.exc.DataError, sa.exc.IntegrityError) as error:
        raise BadMessage(f"the database refuses a value ({type(error).__name__})") from error


def is_database_error(error: Exception) -> bool:
    """Whether an error came from the database: then the transaction is over and its end names the error."""
    return isinstance(error, sa.exc.SQLAlchemyError)
