from served import live, releases, service  # noqa: F401 - fixtures
