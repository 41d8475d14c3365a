"""How counts lie on the map: statistics of a zone among its neighbours, under shuffling."""
