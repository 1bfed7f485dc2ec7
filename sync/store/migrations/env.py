"""How alembic runs here: inside the transaction of whoever asked (`sync.store.schema.upgrade`)."""

from alembic import context

from sync.store.tables import metadata

unit = context.config.attributes["unit"]
context.configure(connection=unit, target_metadata=metadata, render_as_batch=unit.dialect.name == "sqlite")
with context.begin_transaction():
    context.run_migrations()
