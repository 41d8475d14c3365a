"""Scan statistics: is there any place, of whatever size, that holds more than chance puts there?

`windows`: what a scan looks through, `discs` and `circles` two kinds of it. `likelihood` judges one window,
`monte_carlo` the best of all windows, `clusters` says which they are. `poisson` and `space_time` are the two tests.
"""
