"""How a zone's series moves through time: monotone trends, their slopes, and a trend of counts with an interval."""
