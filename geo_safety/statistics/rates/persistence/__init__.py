"""Does it last: drift from window to window, the next window, and all steps of a long series together."""
