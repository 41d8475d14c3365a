"""Forms in which a layer leaves a release: one module a format."""
