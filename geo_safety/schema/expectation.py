"""The table of annual expectations."""

from __future__ import annotations

from geo_safety.schema.definitions import PLACE_ENDS, Column, Table, counted, place_columns

METHODS = ("theta", "same as last year")


def _total(name: str, description: str) -> Column:
    return counted(name, "float", description, unit="reports a year", decimals=0, minimum=0)


EXPECTATION = Table(
    "expectation",
    one_row_is="one borough or ward and theme, with the range expected for the next twelve months if nothing changes",
    key=("expectation_id",),
    columns=(
        *place_columns(Column("expectation_id", "string", "Layer, zone and theme.", nullable=False)),
        Column("of_layer", "string", "Layer that the zone belongs to.", nullable=False),
        Column("zone_id", "string", "The boundary file's own code.", nullable=False),
        Column("expected_start", "date", "First day of the first month of the year that is expected."),
        Column("expected_end", "date", "First day of its last month, which is inside."),
        _total("expected", "What the better method of the back-test expects; null where there is too little to say."),
        _total("expected_low", "Lower end of its range, which is meant to hold four years of five."),
        _total("expected_high", "Upper end of it."),
        Column("method", "string", "The better method of the back-test.", values=METHODS),
        _total("naive_low", "Lower end of the range around as many as last year."),
        _total("naive_high", "Upper end of it."),
        Column("coverage", "float", "Share of the method's ranges of past years that held the year's number, for this "
               "theme and layer.", decimals=4, minimum=0, maximum=1),
        Column("coverage_lowest", "float", "The same in the past year that fitted least.", decimals=4, minimum=0, maximum=1),
        Column("years_tested", "int", "Past years of that test.", unit="years", minimum=0),
        *PLACE_ENDS,
    ),
    shown=(
        "name", "of_layer", "boroughs", "incidents_band", "expected", "expected_low", "expected_high", "method", "coverage",
        "coverage_lowest", "caution",
    ),
)  # fmt: skip
