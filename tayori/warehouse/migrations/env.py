"""What Alembic runs: on the connection that the caller holds, with the version table of the caller's store."""

from alembic import context

from tayori.warehouse.versions import version_table

attributes = context.config.attributes
context.configure(connection=attributes["connection"], version_table=version_table(attributes["store"]))
context.run_migrations()
