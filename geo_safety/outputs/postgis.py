"""PostGIS: layers as tables of a database, for QGIS, ArcGIS and BI tools that read one; all swapped at once.

Readers see the release before or the new one, whole, and wait for neither: the rows of all layers change in one
transaction. Tables stay the same as long as their columns do, so that views, rights and maps that stand on them
stay too. Each table is named after its layer with `_` for `-`; what must travel with its figures is in the table's
comment and in the table `about`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import shapely

from geo_safety.errors import OutputError
from geo_safety.publication import Publication
from geo_safety.schema import Column, Table, table_of_layer

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

SCHEMES = ("postgresql://", "postgres://")
"""What an address of a database begins with."""

DEFAULT_SCHEMA = "geo_safety"
ABOUT = "about"
_ONE_AT_A_TIME = 0x67656F73  # a lock of our own: two exports into one database follow each other
_TYPES = {
    "string": "text", "int": "bigint", "float": "double precision", "bool": "boolean", "date": "date",
}  # fmt: skip
_SHAPES = {shape: f"geometry({shape}, 4326)" for shape in ("MultiPolygon", "Point", "MultiLineString")}
_INDEXED = ("geometry", "borough_code", "ward_code", "is_hotspot")


def is_address(text: str) -> bool:
    """Whether this names a database, not a file.

    Examples
    --------
    >>> is_address("postgresql://gis.example/borough"), is_address("wards.csv")
    (True, False)
    """
    return text.startswith(SCHEMES)


def table_name(layer: str) -> str:
    """The table of a layer.

    Examples
    --------
    >>> table_name("cells-r9")
    'cells_r9'
    """
    return layer.replace("-", "_")


def write_layers(
    tables: Mapping[str, tuple[pa.Table, Publication]], address: str, *, schema: str = DEFAULT_SCHEMA
) -> None:
    """Put layers into a database in one transaction; tables of other layers there are left alone.

    Parameters
    ----------
    tables : mapping of str to (Table, Publication)
        By layer: its rows as they may leave, and what travels with them.
    address : str
        Such as `postgresql://user@host/database`; what it leaves out comes from the environment (`PGPASSWORD` …).
    schema : str
        Made where it is not there.

    Raises
    ------
    OutputError
        The database cannot be reached or written, or has no PostGIS.
    """
    try:
        import psycopg
    except ImportError as error:
        raise OutputError(
            "Writing to a database needs the package psycopg.", "Install it: pip install 'geo-safety[postgis]'."
        ) from error
    try:
        with psycopg.connect(address, application_name="geo-safety") as connection:
            _prepare(connection, schema)
            for layer, (table, publication) in tables.items():
                _swap(connection, schema, layer, table, publication)
    except psycopg.errors.DependentObjectsStillExist as error:
        raise OutputError(
            f"A table has other columns now, and something stands on it: {error.diag.message_detail or error}",
            "Drop the views named here, export again, and make them anew.",
        ) from error
    except psycopg.Error as error:
        # The library's message names host and user, never the password.
        told = str(error).strip().splitlines()[0]
        raise OutputError(
            f"The database could not be written: {told}.",
            "Check the address, the rights of its user (CREATE on the database), and that it runs.",
        ) from error


def _prepare(connection: psycopg.Connection, schema: str) -> None:
    """The extension, the schema and the table of what travels with the layers."""
    import psycopg
    from psycopg import sql

    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
    connection.execute("SET LOCAL client_min_messages = warning")  # "already there" is no news
    try:
        with connection.transaction():
            connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    except psycopg.Error as error:
        raise OutputError(
            f"The database has no PostGIS, and it could not be added: {str(error).strip().splitlines()[0]}.",
            "Ask its administrator to install PostGIS and to run CREATE EXTENSION postgis.",
        ) from error
    # PostGIS may live in a schema of its own.
    connection.execute(
        "SELECT set_config('search_path', quote_ident(nspname), true) FROM pg_extension "
        "JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'postgis'"
    )
    there = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema]).fetchone()
    if there is None:  # asked first: who may write to a schema need not be one who may make it
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    connection.execute(
        sql.SQL(
            "CREATE TABLE IF NOT EXISTS {} (layer text PRIMARY KEY, release_id text NOT NULL, data_month text NOT NULL, "
            "method_version text NOT NULL, can_i_publish_this text NOT NULL, attribution text NOT NULL, "
            "caveats jsonb NOT NULL)"
        ).format(sql.Identifier(schema, ABOUT))
    )


def _swap(connection: psycopg.Connection, schema: str, layer: str, table: pa.Table, publication: Publication) -> None:
    """One layer's rows in place of those before."""
    from psycopg import sql

    definition = table_of_layer(layer)
    name = sql.Identifier(schema, table_name(layer))
    columns = [column for column in definition.columns if column.name in table.column_names]
    if _columns_of(connection, schema, table_name(layer)) != _wanted(columns, definition):
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(name))
        _create(connection, name, layer, definition, columns)
    # Deleted, not truncated: a deletion keeps no reader waiting.
    connection.execute(sql.SQL("DELETE FROM {}").format(name))
    copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        name, sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
    )
    with connection.cursor() as cursor, cursor.copy(copy) as into:
        into.write(_as_csv(table.select([column.name for column in columns])))
    _describe(connection, schema, layer, name, columns, publication)
    connection.execute(sql.SQL("ANALYZE {}").format(name))


def _create(
    connection: psycopg.Connection,
    name: sql.Identifier,
    layer: str,
    definition: Table,
    columns: Sequence[Column],
) -> None:
    from psycopg import sql

    made = [
        sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(f"{kind}{'' if is_nullable else ' NOT NULL'}"))
        for column, (kind, is_nullable) in zip(columns, _wanted(columns, definition).values(), strict=True)
    ]
    key = sql.SQL("PRIMARY KEY ({})").format(sql.SQL(", ").join(map(sql.Identifier, definition.key)))
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(name, sql.SQL(", ").join([*made, key])))
    for column in columns:
        if column.name in _INDEXED:
            method = sql.SQL("gist" if column.type == "geometry" else "btree")
            connection.execute(
                sql.SQL("CREATE INDEX {} ON {} USING {} ({})").format(
                    sql.Identifier(f"{table_name(layer)}_{column.name}"), name, method, sql.Identifier(column.name)
                )
            )


def _wanted(columns: Sequence[Column], definition: Table) -> dict[str, tuple[str, bool]]:
    """Type of each column, and whether it may be null."""
    types = {**_TYPES, "geometry": _SHAPES[definition.shape]}
    return {column.name: (types[column.type], column.nullable) for column in columns}


def _columns_of(connection: psycopg.Connection, schema: str, name: str) -> dict[str, tuple[str, bool]]:
    """The same of a table that is there; nothing where there is none."""
    rows = connection.execute(
        "SELECT attname, format_type(atttypid, atttypmod), NOT attnotnull FROM pg_attribute "
        "JOIN pg_class ON pg_class.oid = attrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace "
        "WHERE nspname = %s AND relname = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        [schema, name],
    ).fetchall()
    return {column: (kind.replace(",4326)", ", 4326)"), null) for column, kind, null in rows}


def _as_csv(table: pa.Table) -> bytes:
    """The rows as PostgreSQL reads them fastest: an empty field is null, text is quoted, shapes are WKB in hex."""
    if "geometry" in table.column_names:
        shapes = shapely.set_srid(shapely.from_wkb(table["geometry"].to_numpy()), 4326)
        hexed = shapely.to_wkb(np.asarray(shapes), hex=True, include_srid=True)
        table = table.set_column(table.column_names.index("geometry"), "geometry", pa.array(hexed, type=pa.string()))
    sink = io.BytesIO()
    pyarrow.csv.write_csv(table, sink, pyarrow.csv.WriteOptions(include_header=False))
    return sink.getvalue()


def _describe(
    connection: psycopg.Connection,
    schema: str,
    layer: str,
    name: sql.Identifier,
    columns: Sequence[Column],
    publication: Publication,
) -> None:
    """Comments on the table and its columns, and the layer's row of `about`."""
    from psycopg import sql

    def comment(kind: str, on: sql.Composable, text: str) -> None:
        connection.execute(sql.SQL("COMMENT ON {} {} IS {}").format(sql.SQL(kind), on, sql.Literal(text)))

    told: dict[str, Any] = publication.as_dict()
    attribution = "; ".join(publication.attribution)
    one_row_is = table_of_layer(layer).one_row_is
    comment(
        "TABLE",
        name,
        f"{publication.study}, release {publication.release_id}: one row is {one_row_is}. "
        f"Can I publish this? {publication.answer} {attribution}",
    )
    for column in columns:
        unit = f" Unit: {column.unit}." if column.unit else ""
        comment("COLUMN", sql.SQL(".").join([name, sql.Identifier(column.name)]), f"{column.description}{unit}")
    connection.execute(
        sql.SQL(
            "INSERT INTO {0} VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (layer) DO UPDATE SET (release_id, "
            "data_month, method_version, can_i_publish_this, attribution, caveats) = (excluded.release_id, "
            "excluded.data_month, excluded.method_version, excluded.can_i_publish_this, excluded.attribution, "
            "excluded.caveats)"
        ).format(sql.Identifier(schema, ABOUT)),
        [layer, told["release_id"], told["data_month"], told["method_version"], told["can_i_publish_this"], attribution,
         json.dumps(told["caveats"], ensure_ascii=False)],
    )  # fmt: skip
