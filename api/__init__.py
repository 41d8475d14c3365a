"""The web service: reads releases, draws and serves them, and computes nothing that `geo_safety` could."""
