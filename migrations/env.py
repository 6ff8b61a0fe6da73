"""The Alembic environment: runs revisions over the connection that `database.migrating` gives."""

from __future__ import annotations

from alembic import context

from database.product_tables import Product


def _run() -> None:
    connection = context.config.attributes["connection"]
    on_sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=Product.metadata,
        version_table=context.config.attributes["version_table"],
        render_as_batch=on_sqlite,
        # SQLite undoes a cut revision whole; MySQL commits each statement of it at once.
        transactional_ddl=on_sqlite,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


_run()
