"""The local database: tables, migrations and units of work. The only package that knows SQLAlchemy."""

from sync.store.database import Store, Unit

__all__ = ["Store", "Unit"]
