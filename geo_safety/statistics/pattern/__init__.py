"""How incidents lie as a whole: concentrated or even, alike in two periods, found again, near in space and time."""
